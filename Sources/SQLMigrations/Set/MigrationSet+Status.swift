extension MigrationSet {
    /// Puts the set and the database's records side by side, in order of version. Pure: decides, touches nothing.
    func status(against records: [MigrationRecord]) -> [MigrationStatus] {
        let applied = Dictionary(records.map { ($0.version, $0) }, uniquingKeysWith: { first, _ in first })
        let last = records.map(\.version).max() ?? 0
        let known = migrations.map { migration in
            if let record = applied[migration.version] {
                status(of: migration, against: record)
            } else {
                status(ofUnapplied: migration, lastApplied: last)
            }
        }
        let versions = Set(migrations.map(\.version))
        let missing = records.filter { !versions.contains($0.version) }.map { record in
            MigrationStatus(
                version: record.version, name: record.name, state: .missing, checksum: record.checksum,
                appliedAt: record.appliedAt,
                problem: "\(record.name).up.sql is missing: it was applied, but the set '\(name)' does not have it"
            )
        }
        return (known + missing).sorted { $0.version < $1.version }
    }

    private func status(of migration: Migration, against record: MigrationRecord) -> MigrationStatus {
        var problem: String?
        if migration.name != record.name {
            problem =
                "\(migration.name).up.sql is not what was applied: number \(record.version) was \(record.name).up.sql"
        } else if migration.checksum != record.checksum {
            problem =
                "\(migration.name).up.sql was changed after it was applied: its SHA-256 is \(migration.checksum), "
                + "recorded is \(record.checksum)"
        }
        return MigrationStatus(
            version: migration.version, name: migration.name, state: problem == nil ? .applied : .changed,
            checksum: migration.checksum, appliedAt: record.appliedAt, problem: problem
        )
    }

    private func status(ofUnapplied migration: Migration, lastApplied: Int) -> MigrationStatus {
        let isLate = migration.version < lastApplied
        return MigrationStatus(
            version: migration.version, name: migration.name, state: isLate ? .outOfOrder : .pending,
            checksum: migration.checksum, appliedAt: nil,
            problem: isLate ? "\(migration.name).up.sql is not applied, although number \(lastApplied) is" : nil
        )
    }
}
