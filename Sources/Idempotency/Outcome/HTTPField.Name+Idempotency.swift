public import HTTPTypes

extension HTTPField.Name {
    /// `Idempotency-Resource`: an identifier by which the service finds the resource of an answer again. A handler sets it on its
    /// answer; it is stored for ``ReplayForm/reference``, and a door takes it off every answer. An error that is thrown and not stored
    /// leaves as it was made: do not set it there.
    public static let idempotencyResource = HTTPField.Name("Idempotency-Resource")!
}
