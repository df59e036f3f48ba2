import LibPQ

extension TableLayout {
    /// The layouts of all tables of a database, in the order of their names. Not those of the server and of the migrator, and
    /// partitions as part of their table.
    ///
    /// Source: PostgreSQL, "System Catalogs".
    static func all(on connection: PostgresConnection) async throws(PostgresError) -> [TableLayout] {
        let (columns, references) = try await connection.pipeline(columnsQuery, referencesQuery)
        var layouts: [TableLayout] = []
        for row in columns {
            let (schema, table, column, isGenerated, isKey) =
                try row.decode((String, String, String, Bool, Bool).self)
            if layouts.last?.schema != schema || layouts.last?.table != table {
                layouts.append(TableLayout(schema: schema, table: table, columns: []))
            }
            let last = layouts.count - 1
            if isKey { layouts[last].primaryKey.append(layouts[last].columns.count) }
            layouts[last].columns.append(Column(name: column, isGenerated: isGenerated))
        }
        for row in references {
            let (schema, table, column, otherSchema, otherTable, otherColumn) =
                try row.decode((String, String, String, String, String, String).self)
            guard let index = layouts.firstIndex(where: { $0.schema == schema && $0.table == table }),
                let position = layouts[index].columns.firstIndex(where: { $0.name == column })
            else { continue }  // of a partition
            layouts[index].columns[position].references.append(
                ColumnName(table: ColumnName.tableName(schema: otherSchema, otherTable), column: otherColumn))
        }
        return layouts
    }

    /// A default is not constant when a function in it is not immutable. There is no other way to ask than to look for the functions
    /// in the stored expression; `CURRENT_TIMESTAMP` and its relatives are nodes of their own.
    private static let columnsQuery: PostgresQuery = """
        SELECT n.nspname::text, c.relname::text, a.attname::text,
               a.attidentity <> '' OR a.attgenerated <> '' OR coalesce(d.adbin::text LIKE '%{SQLVALUEFUNCTION%', false)
               OR EXISTS (SELECT FROM regexp_matches(d.adbin::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') AS f
                          JOIN pg_proc p ON p.oid = f[1]::oid WHERE p.provolatile <> 'i'),
               coalesce(a.attnum = ANY (k.conkey), false)
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
        WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'sql_migrations')
        ORDER BY n.nspname, c.relname, a.attnum
        """

    private static let referencesQuery: PostgresQuery = """
        SELECT n.nspname::text, c.relname::text, a.attname::text, fn.nspname::text, fc.relname::text, fa.attname::text
        FROM pg_constraint k
        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair(here, there)
        JOIN pg_class c ON c.oid = k.conrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = pair.here
        JOIN pg_class fc ON fc.oid = k.confrelid
        JOIN pg_namespace fn ON fn.oid = fc.relnamespace
        JOIN pg_attribute fa ON fa.attrelid = fc.oid AND fa.attnum = pair.there
        WHERE k.contype = 'f'
        """
}
