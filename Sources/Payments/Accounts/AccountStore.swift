import LibPQ

/// The SQL about accounts. Every statement names the tenant.
struct AccountStore<Connection: PostgresQueryable> {
    let connection: Connection
    let tenant: Tenant

    /// Opens an account.
    func open(balance: Int64, currency: String) async throws(PostgresError) -> Account {
        let id = try await connection.queryRow(
            """
            INSERT INTO accounts (tenant, balance, currency) VALUES (\(tenant.name), \(balance), \(currency)) RETURNING id
            """
        ).decode(Int64.self)
        return Account(id: id, balance: balance, currency: currency)
    }

    /// An account of this tenant, nil if there is none.
    func find(_ id: Int64) async throws(PostgresError) -> Account? {
        guard
            let row = try await connection.queryRowIfAny(
                "SELECT balance, currency FROM accounts WHERE tenant = \(tenant.name) AND id = \(id)")
        else { return nil }
        let (balance, currency) = try row.decode((Int64, String).self)
        return Account(id: id, balance: balance, currency: currency)
    }
}
