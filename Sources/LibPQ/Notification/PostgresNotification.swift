/// What a NOTIFY said.
public struct PostgresNotification: Sendable, Hashable {
    /// The channel that it was sent to.
    public let channel: String
    /// The text that came along; empty when none did. At most 8000 bytes.
    public let payload: String
    /// The server process of the session that sent it, as in `pg_stat_activity.pid`.
    public let backendProcessID: Int32

    package init(channel: String, payload: String, backendProcessID: Int32) {
        self.channel = channel
        self.payload = payload
        self.backendProcessID = backendProcessID
    }
}
