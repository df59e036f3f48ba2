/// What a ``FaultProxy`` does to a connection at a point of its conversation.
package enum Fault: Sendable, Hashable {
    /// Both sides are closed in order (FIN), as by a proxy that is shut down. What was passed on before arrives.
    case close
    /// The client gets a reset (RST), as from a host that crashed and came back; the server's side is closed.
    case reset
    /// The first bytes of the message arrive, then both sides are closed.
    case truncate
    /// Nothing passes any more in either direction, not even the end of the connection: a black hole. The server's side stays open
    /// until the server, ``FaultProxy/goAway()`` or ``FaultProxy/close()`` ends it.
    case freeze
    /// What comes behind the point in its direction disappears, while the other direction goes on.
    case swallow
    /// What comes behind the point in its direction is held for so long, and then passes.
    case delay(Duration)
}
