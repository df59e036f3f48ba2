/// The built-in types that columns of services have.
extension PostgresType {
    /// No type: the server infers a parameter's type from where it stands, as it does for a quoted literal
    public static let unspecified = Self(rawValue: 0)
    /// `boolean`
    public static let bool = Self(rawValue: 16)
    /// `bool[]`
    public static let boolArray = Self(rawValue: 1000)
    /// `smallint`
    public static let int2 = Self(rawValue: 21)
    /// `int2[]`
    public static let int2Array = Self(rawValue: 1005)
    /// `integer`
    public static let int4 = Self(rawValue: 23)
    /// `int4[]`
    public static let int4Array = Self(rawValue: 1007)
    /// `bigint`
    public static let int8 = Self(rawValue: 20)
    /// `int8[]`
    public static let int8Array = Self(rawValue: 1016)
    /// `real`
    public static let float4 = Self(rawValue: 700)
    /// `float4[]`
    public static let float4Array = Self(rawValue: 1021)
    /// `double precision`
    public static let float8 = Self(rawValue: 701)
    /// `float8[]`
    public static let float8Array = Self(rawValue: 1022)
    /// `numeric`
    public static let numeric = Self(rawValue: 1700)
    /// `numeric[]`
    public static let numericArray = Self(rawValue: 1231)
    /// `money`, whose unit depends on the server's `lc_monetary`
    public static let money = Self(rawValue: 790)
    /// `money[]`
    public static let moneyArray = Self(rawValue: 791)
    /// `text`
    public static let text = Self(rawValue: 25)
    /// `text[]`
    public static let textArray = Self(rawValue: 1009)
    /// `character varying`
    public static let varchar = Self(rawValue: 1043)
    /// `varchar[]`
    public static let varcharArray = Self(rawValue: 1015)
    /// `character(n)`
    public static let bpchar = Self(rawValue: 1042)
    /// `bpchar[]`
    public static let bpcharArray = Self(rawValue: 1014)
    /// `"char"`, one byte
    public static let char = Self(rawValue: 18)
    /// `"char"[]`
    public static let charArray = Self(rawValue: 1002)
    /// `name`, the type of identifiers in the catalogue
    public static let name = Self(rawValue: 19)
    /// `name[]`
    public static let nameArray = Self(rawValue: 1003)
    /// `bytea`
    public static let bytea = Self(rawValue: 17)
    /// `bytea[]`
    public static let byteaArray = Self(rawValue: 1001)
    /// `uuid`
    public static let uuid = Self(rawValue: 2950)
    /// `uuid[]`
    public static let uuidArray = Self(rawValue: 2951)
    /// `json`
    public static let json = Self(rawValue: 114)
    /// `json[]`
    public static let jsonArray = Self(rawValue: 199)
    /// `jsonb`
    public static let jsonb = Self(rawValue: 3802)
    /// `jsonb[]`
    public static let jsonbArray = Self(rawValue: 3807)
    /// `jsonpath`
    public static let jsonpath = Self(rawValue: 4072)
    /// `jsonpath[]`
    public static let jsonpathArray = Self(rawValue: 4073)
    /// `xml`
    public static let xml = Self(rawValue: 142)
    /// `xml[]`
    public static let xmlArray = Self(rawValue: 143)
    /// `date`
    public static let date = Self(rawValue: 1082)
    /// `date[]`
    public static let dateArray = Self(rawValue: 1182)
    /// `time without time zone`
    public static let time = Self(rawValue: 1083)
    /// `time[]`
    public static let timeArray = Self(rawValue: 1183)
    /// `time with time zone`
    public static let timetz = Self(rawValue: 1266)
    /// `timetz[]`
    public static let timetzArray = Self(rawValue: 1270)
    /// `timestamp without time zone`
    public static let timestamp = Self(rawValue: 1114)
    /// `timestamp[]`
    public static let timestampArray = Self(rawValue: 1115)
    /// `timestamp with time zone`
    public static let timestamptz = Self(rawValue: 1184)
    /// `timestamptz[]`
    public static let timestamptzArray = Self(rawValue: 1185)
    /// `interval`
    public static let interval = Self(rawValue: 1186)
    /// `interval[]`
    public static let intervalArray = Self(rawValue: 1187)
    /// `inet`
    public static let inet = Self(rawValue: 869)
    /// `inet[]`
    public static let inetArray = Self(rawValue: 1041)
    /// `cidr`
    public static let cidr = Self(rawValue: 650)
    /// `cidr[]`
    public static let cidrArray = Self(rawValue: 651)
    /// `macaddr`, 6 bytes
    public static let macaddr = Self(rawValue: 829)
    /// `macaddr[]`
    public static let macaddrArray = Self(rawValue: 1040)
    /// `macaddr8`, 8 bytes
    public static let macaddr8 = Self(rawValue: 774)
    /// `macaddr8[]`
    public static let macaddr8Array = Self(rawValue: 775)
    /// `bit(n)`
    public static let bit = Self(rawValue: 1560)
    /// `bit[]`
    public static let bitArray = Self(rawValue: 1561)
    /// `bit varying`
    public static let varbit = Self(rawValue: 1562)
    /// `varbit[]`
    public static let varbitArray = Self(rawValue: 1563)
    /// `oid`, the number of a row in the catalogue
    public static let oid = Self(rawValue: 26)
    /// `oid[]`
    public static let oidArray = Self(rawValue: 1028)
    /// `regclass`, the `oid` of a table, view or index
    public static let regclass = Self(rawValue: 2205)
    /// `regclass[]`
    public static let regclassArray = Self(rawValue: 2210)
    /// `regtype`, the `oid` of a type
    public static let regtype = Self(rawValue: 2206)
    /// `regtype[]`
    public static let regtypeArray = Self(rawValue: 2211)
    /// `xid`, the 32-bit number of a transaction
    public static let xid = Self(rawValue: 28)
    /// `xid[]`
    public static let xidArray = Self(rawValue: 1011)
    /// `xid8`, the 64-bit number of a transaction
    public static let xid8 = Self(rawValue: 5069)
    /// `xid8[]`
    public static let xid8Array = Self(rawValue: 271)
    /// `pg_lsn`, a position in the write-ahead log
    public static let pgLSN = Self(rawValue: 3220)
    /// `pg_lsn[]`
    public static let pgLSNArray = Self(rawValue: 3221)
    /// `refcursor`, the name of a cursor
    public static let refcursor = Self(rawValue: 1790)
    /// `refcursor[]`
    public static let refcursorArray = Self(rawValue: 2201)
    /// `point`
    public static let point = Self(rawValue: 600)
    /// `point[]`
    public static let pointArray = Self(rawValue: 1017)
    /// `lseg`
    public static let lseg = Self(rawValue: 601)
    /// `lseg[]`
    public static let lsegArray = Self(rawValue: 1018)
    /// `line`
    public static let line = Self(rawValue: 628)
    /// `line[]`
    public static let lineArray = Self(rawValue: 629)
    /// `box`
    public static let box = Self(rawValue: 603)
    /// `box[]`
    public static let boxArray = Self(rawValue: 1020)
    /// `path`
    public static let path = Self(rawValue: 602)
    /// `path[]`
    public static let pathArray = Self(rawValue: 1019)
    /// `polygon`
    public static let polygon = Self(rawValue: 604)
    /// `polygon[]`
    public static let polygonArray = Self(rawValue: 1027)
    /// `circle`
    public static let circle = Self(rawValue: 718)
    /// `circle[]`
    public static let circleArray = Self(rawValue: 719)
    /// `tsvector`
    public static let tsvector = Self(rawValue: 3614)
    /// `tsvector[]`
    public static let tsvectorArray = Self(rawValue: 3643)
    /// `tsquery`
    public static let tsquery = Self(rawValue: 3615)
    /// `tsquery[]`
    public static let tsqueryArray = Self(rawValue: 3645)
    /// `int4range`
    public static let int4range = Self(rawValue: 3904)
    /// `int4range[]`
    public static let int4rangeArray = Self(rawValue: 3905)
    /// `int8range`
    public static let int8range = Self(rawValue: 3926)
    /// `int8range[]`
    public static let int8rangeArray = Self(rawValue: 3927)
    /// `numrange`
    public static let numrange = Self(rawValue: 3906)
    /// `numrange[]`
    public static let numrangeArray = Self(rawValue: 3907)
    /// `tsrange`
    public static let tsrange = Self(rawValue: 3908)
    /// `tsrange[]`
    public static let tsrangeArray = Self(rawValue: 3909)
    /// `tstzrange`
    public static let tstzrange = Self(rawValue: 3910)
    /// `tstzrange[]`
    public static let tstzrangeArray = Self(rawValue: 3911)
    /// `daterange`
    public static let daterange = Self(rawValue: 3912)
    /// `daterange[]`
    public static let daterangeArray = Self(rawValue: 3913)
    /// `int4multirange`
    public static let int4multirange = Self(rawValue: 4451)
    /// `int4multirange[]`
    public static let int4multirangeArray = Self(rawValue: 6150)
    /// `int8multirange`
    public static let int8multirange = Self(rawValue: 4536)
    /// `int8multirange[]`
    public static let int8multirangeArray = Self(rawValue: 6157)
    /// `nummultirange`
    public static let nummultirange = Self(rawValue: 4532)
    /// `nummultirange[]`
    public static let nummultirangeArray = Self(rawValue: 6151)
    /// `tsmultirange`
    public static let tsmultirange = Self(rawValue: 4533)
    /// `tsmultirange[]`
    public static let tsmultirangeArray = Self(rawValue: 6152)
    /// `tstzmultirange`
    public static let tstzmultirange = Self(rawValue: 4534)
    /// `tstzmultirange[]`
    public static let tstzmultirangeArray = Self(rawValue: 6153)
    /// `datemultirange`
    public static let datemultirange = Self(rawValue: 4535)
    /// `datemultirange[]`
    public static let datemultirangeArray = Self(rawValue: 6155)
    /// A row whose type has no name: `ROW(1, 2)`
    public static let record = Self(rawValue: 2249)
    /// `record[]`
    public static let recordArray = Self(rawValue: 2287)
    /// A literal whose type the server did not settle
    public static let unknown = Self(rawValue: 705)
    /// `void`, the result of functions that return nothing
    public static let void = Self(rawValue: 2278)
}
