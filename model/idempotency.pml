/* The protocol of one key (docs/protocol.md), to be checked exhaustively with spin.
 *
 * Clients run the engine's side: attempts, decisions, what an unknown COMMIT leads to. Backends run PostgreSQL's side: one
 * for each connection, with its open transaction. Between them are two wires that may be cut at any moment. The README says
 * which function of the engine each part stands for, and what is left out.
 *
 * A step that is one statement of the server, or one decision of the engine, is atomic; between steps everybody else may run.
 */

/* Sizes of a configuration; scripts/model.sh sets them. */
#ifndef CLIENTS
#define CLIENTS 2 /* processes with an engine that share the key */
#endif
#ifndef PERFORMS
#define PERFORMS 2 /* calls of perform by each client; all but the first are retries */
#endif
#ifndef FAULTS
#define FAULTS 1 /* each a broken connection, a crash of a client's process or a crash of the server */
#endif
#ifndef EXPIRIES
#define EXPIRIES 1 /* times that the retention of a row ends */
#endif
#ifndef PURGES
#define PURGES 1
#endif
#ifndef STARTOVERS
#define STARTOVERS 1 /* ClaimDecision.maximumStartOvers is 3; that it is bounded matters, and 1 lets giving up be reached */
#endif
#ifndef RERUNS
#define RERUNS 1 /* IdempotencyPolicy.maximumReruns, likewise */
#endif

#define CONNECTIONS (CLIENTS + FAULTS) /* a backend that has not noticed a cut occupies a place of its own */
#define PURGER CONNECTIONS           /* the purge's transaction comes after those of the connections */
#define NOBODY 255

/* ------------------------------------------------------------------------------------------------------------------
 * The database
 */

/* What a flush asks, and what comes back. */
mtype = { CLAIM, RECLAIM, WORK, STORE, STORE_FINAL, RECLAIM_FINAL, ROLLBACK }
mtype = { CLAIMED, FOUND, EXPIRED, NOTHING, NO_ROWS, LOCK_TIMEOUT, DONE, COMMITTED, TAG_ROLLBACK, REFUSED }

/* What a transaction has done to the key. */
mtype = { UNTOUCHED, INSERTED, RECLAIMED, LOCKED, DELETED }

/* A backend's session. */
mtype = { NONE, OPEN, KILLED }

/* An outcome names the run of the work that it comes from, so that two runs never look alike; 0 is NULL. */
#define NULL_OUTCOME 0
#define FINAL 64
#define success(client, round) (1 + 2 * (client) + (round))
#define isSuccess(outcome) ((outcome) != NULL_OUTCOME && (outcome) < FINAL)

/* The key's row, as everybody sees it who is not the transaction that is changing it. */
typedef Row {
    bool present;
    byte outcome;
    bool expired
};
Row row;

typedef Transaction {
    mtype change = UNTOUCHED;
    byte outcome; /* the status column of its own version of the row */
    bool wrote    /* the work's effect, uncommitted */
};
Transaction transaction[CONNECTIONS + 1];

/* Who holds the row's lock or the index entry. PostgreSQL's unique index and row locks let there be only one. */
byte owner = NOBODY;

mtype session[CONNECTIONS] = NONE; /* the backend's end of the connection */
bool busy[CONNECTIONS];             /* it is in the middle of a flush */
bool held[CONNECTIONS];            /* the client's end */
bool cut[CONNECTIONS];             /* nothing passes any more */
bool purgeKilled;

chan request[CONNECTIONS] = [1] of { mtype, byte };      /* flush, outcome */
chan answer[CONNECTIONS] = [1] of { mtype, byte, byte }; /* result, outcome, generation */

/* ------------------------------------------------------------------------------------------------------------------
 * What the invariants speak about; no decision depends on it
 */

/* A generation of the key is the time until the retention of its row ends. "At most once" is said of each. */
byte generation;
byte effects[EXPIRIES + 1];   /* committed effects */
byte published[EXPIRIES + 1]; /* the committed outcome */
#define rowGeneration (row.expired -> generation - 1 : generation)

byte ended; /* clients that are done */

/* Each is true until it is broken; spin then names it. */
bool one_effect_a_generation = true;
bool effect_and_outcome_together = true;
bool acknowledged_is_committed = true;
bool replay_equals_the_row = true;
bool purge_deletes_no_live_row = true;
bool nothing_found_means_nothing_there = true;
bool claims_exclude_one_another = true;
bool every_client_ends = true;
bool no_transaction_stays_open = true;
bool no_key_stays_in_flight = true;

#define invariant(name, holds) name = (holds); assert(name)

/* ------------------------------------------------------------------------------------------------------------------
 * Statements, as the backend `me` runs them
 */

#define insertMustWait(me) (owner != NOBODY && owner != me && transaction[owner].change != LOCKED)
#define updateMustWait(me) (owner != NOBODY && owner != me)

/* A statement that waits for another transaction may end with 55P03 at any time. A backend whose client is gone may find
 * that out while it waits (client_connection_check_interval); it need not. */
inline giveUpWaiting(waits) {
    atomic {
        waits ->
        if
        :: reply(LOCK_TIMEOUT, NULL_OUTCOME, 0); flushed(); goto listening
        :: cut[me] -> goto gone
        fi
    }
}

/* INSERT ... ON CONFLICT DO NOTHING, and what follows when it took the key. The index knows uncommitted insertions, reclaims
 * and deletions of others, and waits for their end; for a mere row lock it does not wait. */
#ifdef NO_DEDUPLICATION
#define conflict false
#else
#define conflict row.present
#endif
#define insert(value, result, ending) \
    if \
    :: conflict -> busy[me] = true; goto look \
    :: else -> \
        owner = me; \
        transaction[me].change = INSERTED; \
        transaction[me].outcome = value; \
        ending; \
        reply(result, NULL_OUTCOME, generation); \
        flushed(); goto listening \
    fi

/* SELECT, a statement of its own and so with a snapshot of its own. One's own row needs no look. */
inline lookAndReply() {
#ifdef ONE_CTE_CLAIM
    replyWith(snapshot)
#else
    replyWith(row)
#endif
}

inline replyWith(seen) {
    if
    :: !seen.present ->
        invariant(nothing_found_means_nothing_there, !row.present);
        reply(NOTHING, NULL_OUTCOME, 0)
    :: seen.present && seen.expired -> reply(EXPIRED, NULL_OUTCOME, 0)
    :: seen.present && !seen.expired -> reply(FOUND, seen.outcome, rowGeneration)
    fi
}

/* In a CTE the SELECT would look with the snapshot that the INSERT took before it waited. */
inline takeSnapshot() {
#ifdef ONE_CTE_CLAIM
    snapshot.present = row.present;
    snapshot.outcome = row.outcome;
    snapshot.expired = row.expired
#else
    skip
#endif
}

/* UPDATE ... WHERE expires_at <= clock_timestamp(). After a wait, the guard is looked at again on the row's newest version. */
#ifdef RECLAIM_WITHOUT_GUARD
#define reclaimable (row.present)
#else
#define reclaimable (row.present && row.expired)
#endif
#define reclaim(value, result, ending) \
    if \
    :: reclaimable -> \
        owner = me; \
        transaction[me].change = RECLAIMED; \
        transaction[me].outcome = value; \
        ending; \
        reply(result, NULL_OUTCOME, generation); \
        flushed(); goto listening \
    :: else -> reply(NO_ROWS, NULL_OUTCOME, 0); flushed(); goto listening \
    fi

/* COMMIT: row, outcome and effect become visible at once. All that is said about committed state is checked here. */
inline commit() {
    if
    :: transaction[me].wrote -> effects[generation]++
    :: else
    fi;
    invariant(one_effect_a_generation, effects[generation] <= 1);
    if
    :: transaction[me].change != UNTOUCHED ->
        invariant(claims_exclude_one_another, owner == me && (transaction[me].change == RECLAIMED || !row.present));
        row.present = true;
        row.outcome = transaction[me].outcome;
        row.expired = false;
        published[generation] = row.outcome
    :: else
    fi;
    invariant(effect_and_outcome_together, (effects[generation] == 1) == isSuccess(published[generation]));
    forget(me)
}

/* ROLLBACK, the end of a connection, a crash: nothing remains. And after COMMIT there is nothing left to do. */
inline forget(who) {
    transaction[who].change = UNTOUCHED;
    transaction[who].outcome = NULL_OUTCOME;
    transaction[who].wrote = false;
    if
    :: owner == who -> owner = NOBODY
    :: else
    fi
}

inline flushed() { busy[me] = false; value = 0 }

/* On a broken connection the answer is lost. */
inline reply(result, what, ofGeneration) {
    if
    :: cut[me]
    :: else -> answer[me]!result,what,ofGeneration
    fi
}

inline dropRequest(who) {
    if
    :: nempty(request[who]) -> request[who]?_,_
    :: empty(request[who])
    fi
}

/* The backend's end of the connection is gone. A place is free again when both ends are. */
inline hangUp() {
    dropRequest(me);
    cut[me] = held[me];
    session[me] = NONE;
    busy[me] = false;
    value = 0
}

/* One connection's server process. */
proctype Backend(byte me) {
    byte value;
#ifdef ONE_CTE_CLAIM
    Row snapshot;
#endif

end_listening:
listening:
    { {
        if
        :: atomic { request[me]?CLAIM,_ -> takeSnapshot();
            if
            :: !insertMustWait(me) -> insert(NULL_OUTCOME, CLAIMED, skip)
            :: else -> busy[me] = true
            fi };
            if
            :: atomic { !insertMustWait(me) -> insert(NULL_OUTCOME, CLAIMED, skip) }
            :: giveUpWaiting(insertMustWait(me))
            fi

        :: atomic { request[me]?RECLAIM,_ ->
            if
            :: !updateMustWait(me) -> reclaim(NULL_OUTCOME, CLAIMED, skip)
            :: else -> busy[me] = true
            fi };
            if
            :: atomic { !updateMustWait(me) -> reclaim(NULL_OUTCOME, CLAIMED, skip) }
            :: giveUpWaiting(updateMustWait(me))
            fi

        :: atomic { request[me]?WORK,_ -> transaction[me].wrote = true; reply(DONE, NULL_OUTCOME, 0); goto listening }

        /* UPDATE of the outcome, where status IS NULL, and COMMIT. */
        :: atomic { request[me]?STORE,value ->
            if
            :: /* a statement of the work had failed, which it swallowed: 25P02, or COMMIT with the tag ROLLBACK */
                forget(me);
                reply(TAG_ROLLBACK, NULL_OUTCOME, 0)
            :: /* a deferred constraint, 40001 */
                forget(me);
                reply(REFUSED, NULL_OUTCOME, 0)
            :: transaction[me].outcome = (transaction[me].change != UNTOUCHED -> value : NULL_OUTCOME);
                commit();
                reply(COMMITTED, NULL_OUTCOME, 0)
            fi;
            value = 0;
            goto listening }

        /* A final error: INSERT of key and outcome, SELECT, COMMIT, in a transaction of its own. */
        :: atomic { request[me]?STORE_FINAL,value -> takeSnapshot();
            if
            :: !insertMustWait(me) -> insert(value, COMMITTED, commit())
            :: else -> busy[me] = true
            fi };
            if
            :: atomic { !insertMustWait(me) -> insert(value, COMMITTED, commit()) }
            :: giveUpWaiting(insertMustWait(me))
            fi

        /* The same for an expired key: guarded UPDATE, UPDATE of the outcome where status IS NULL, COMMIT. */
        :: atomic { request[me]?RECLAIM_FINAL,value ->
            if
            :: !updateMustWait(me) -> reclaim(value, COMMITTED, commit())
            :: else -> busy[me] = true
            fi };
            if
            :: atomic { !updateMustWait(me) -> reclaim(value, COMMITTED, commit()) }
            :: giveUpWaiting(updateMustWait(me))
            fi

        :: atomic { request[me]?ROLLBACK,_ -> forget(me); goto listening }

        /* It notices that its client is gone. What was still under way, even COMMIT, may be read before or never arrive. */
        :: atomic { cut[me] && session[me] == OPEN -> goto gone }
        fi;
look:   atomic { lookAndReply(); flushed(); goto listening };
gone:   atomic { forget(me); hangUp(); goto listening }
    } unless { atomic { session[me] == KILLED -> hangUp(); goto listening } } }
}

/* ------------------------------------------------------------------------------------------------------------------
 * The engine
 */

#define free(connection) (!held[connection] && session[connection] == NONE)

/* The pool's lease: the connection that is there, or a new one. */
inline lease() {
    if
    :: held[b]
    :: !held[b] && free(me) -> b = me
#if FAULTS > 0
    :: !held[b] && !free(me) && free(CLIENTS) -> b = CLIENTS
#endif
#if FAULTS > 1
    :: !held[b] && !free(me) && !free(CLIENTS) && free(CLIENTS + 1) -> b = CLIENTS + 1
#endif
    fi;
    if
    :: !held[b] -> held[b] = true; session[b] = OPEN; cut[b] = false
    :: else
    fi
}

/* A request may still be on its way when the next is due (ROLLBACK, for which nobody waits). With nobody at the other end
 * nothing is sent, which the client notices at the answer. */
inline send(flush, what) {
    if
    :: session[b] == OPEN && nfull(request[b]) -> request[b]!flush,what
    :: session[b] != OPEN
    fi
}

/* The client sees that the connection is broken. It may be because its own process died: then it forgets all it knew, and
 * somebody comes back with the same key. */
#define lost(next) atomic { cut[b] -> letGo(); if :: next :: refused() fi }
inline letGo() {
    if
    :: nempty(answer[b]) -> answer[b]?_,_,_ /* it had been cut off on its way */
    :: empty(answer[b])
    fi;
    held[b] = false;
    cut[b] = (session[b] != NONE);
    b = me
}

/* Decisions. Each ends in a flush being sent, or in the end of perform. */

inline claim() { mine = NULL_OUTCOME; its = 0; lease(); send(CLAIM, NULL_OUTCOME); goto claiming }

inline startOver() {
    if
    :: startOvers > 0 -> startOvers--; claim()
    :: startOvers == 0 -> inFlight() /* gives up: unavailable, which passes like "in flight" */
    fi
}

/* Only an unknown COMMIT is asked for again, until its deadline. */
inline inFlight() {
    if
    :: unknown -> claim()
    :: refused()
    fi
}

inline rerun() {
    if
    :: reruns > 0 -> reruns--; claim()
    :: reruns == 0 -> refused()
    fi
}

/* The key is ours, so what was unknown is proven to be undone: the work runs. */
inline work() {
    unknown = false;
    round = 1 - round;
    mine = success(me, round);
    send(WORK, NULL_OUTCOME);
    goto working
}

inline finalError() {
    mine = mine + FINAL;
#ifdef WRITES_KEPT_ON_FINAL_ERROR
    send(STORE, mine);
    goto committing
#else
    send(ROLLBACK, NULL_OUTCOME);
    send(STORE_FINAL, mine);
    goto storingFinal
#endif
}

inline commitUnknown() {
#if defined(LOST_ANSWER_IS_SUCCESS)
    executed()
#elif defined(UNKNOWN_RUNS_AGAIN)
    lease();
    work()
#else
    unknown = true; /* Claiming again asks the question. The INSERT waits for the old backend if that still runs. */
    claim()
#endif
}

inline executed() {
    invariant(acknowledged_is_committed, published[its] == mine && effects[its] == isSuccess(mine));
    done()
}

inline replay() {
    invariant(replay_equals_the_row, published[its] == found && effects[its] == isSuccess(found));
    done()
}

/* 409, 503 or the work's own error: nothing is promised. */
inline refused() { done() }

/* Whatever was answered, the user may come back. */
inline done() {
    startOvers = 0; reruns = 0; mine = NULL_OUTCOME; found = NULL_OUTCOME; its = 0; unknown = false;
    if
    :: performs > 0 -> perform()
    :: ended++; goto over
    fi
}

inline perform() { performs--; startOvers = STARTOVERS; reruns = RERUNS; claim() }

/* One user of the key and the engine that serves it. Each label is an answer that is waited for. */
proctype Client(byte me) {
    byte b = me; /* its connection */
    byte performs = PERFORMS;
    byte startOvers, reruns;
    byte round;   /* tells this client's runs of the work apart */
    byte mine;    /* the outcome of the last run */
    byte found;   /* somebody's outcome */
    byte its;     /* the generation of either */
    bool unknown; /* a COMMIT is unknown: Progress.unknown */

    atomic { perform() };

claiming:
    if
    :: atomic { answer[b]?CLAIMED,_,its -> work() }
    :: atomic { answer[b]?FOUND,found,its -> replay() }
    :: atomic { answer[b]?EXPIRED,_,_ -> send(RECLAIM, NULL_OUTCOME) }
    :: atomic { answer[b]?NOTHING,_,_ -> startOver() }
    :: atomic { answer[b]?LOCK_TIMEOUT,_,_ -> inFlight() }
    :: lost(startOver())
    fi;

    /* reclaiming */
    if
    :: atomic { answer[b]?CLAIMED,_,its -> work() }
    :: atomic { answer[b]?NO_ROWS,_,_ -> startOver() }
    :: atomic { answer[b]?LOCK_TIMEOUT,_,_ -> inFlight() }
    :: lost(startOver())
    fi;

working:
    if
    :: atomic { answer[b]?DONE,_,_ ->
        if
        :: send(STORE, mine); goto committing          /* returns; perhaps it swallowed an error */
        :: finalError()                                /* throws a final error */
        :: send(ROLLBACK, NULL_OUTCOME); refused()     /* throws another, answers 5xx, or its swallowed error is noticed */
        :: send(ROLLBACK, NULL_OUTCOME); rerun()       /* 40001, 40P01 */
        fi }
    :: lost(refused())
    fi;

committing:
    if
    :: atomic { answer[b]?COMMITTED,_,_ -> executed() }
#ifdef COMMIT_TAG_IGNORED
    :: atomic { answer[b]?TAG_ROLLBACK,_,_ -> executed() }
#else
    :: atomic { answer[b]?TAG_ROLLBACK,_,_ -> refused() }
#endif
    :: atomic { answer[b]?REFUSED,_,_ -> rerun() }
    :: lost(commitUnknown())
    fi;

storingFinal:
    if
    :: atomic { answer[b]?COMMITTED,_,its -> executed() }
    :: atomic { answer[b]?FOUND,found,its -> replay() }
    :: atomic { answer[b]?EXPIRED,_,_ -> send(RECLAIM_FINAL, mine) }
    :: atomic { answer[b]?NOTHING,_,_ -> startOver() }
    :: atomic { answer[b]?LOCK_TIMEOUT,_,_ -> inFlight() }
    :: lost(commitUnknown())
    fi;

    /* reclaimingFinal */
    if
    :: atomic { answer[b]?COMMITTED,_,its -> executed() }
    :: atomic { answer[b]?NO_ROWS,_,_ -> startOver() }
    :: atomic { answer[b]?LOCK_TIMEOUT,_,_ -> inFlight() }
    :: lost(commitUnknown())
    fi;

over:
    skip
}

/* ------------------------------------------------------------------------------------------------------------------
 * What happens to them
 */

/* DELETE ... WHERE ctid = ANY (ARRAY (SELECT ... FOR UPDATE SKIP LOCKED)) AND expired. */
proctype Purge() {
    byte purges = PURGES;
    bool candidate;
end_nothing_due:
    do
    :: atomic { purges > 0 && row.present && row.expired -> purges--; purgeKilled = false }; /* the scan's snapshot has the row */
        {
            atomic { /* FOR UPDATE SKIP LOCKED */
                if
                :: owner != NOBODY -> goto end_nothing_due
                :: else -> skip
                fi;
                if
#ifdef PURGE_WITHOUT_RECHECK
                :: !row.present -> goto end_nothing_due
#else
                :: !(row.present && row.expired) -> goto end_nothing_due
#endif
                :: else -> owner = PURGER; transaction[PURGER].change = LOCKED
                fi
            };
            transaction[PURGER].change = DELETED;
            atomic {
                invariant(purge_deletes_no_live_row, row.expired);
                row.present = false;
                row.outcome = NULL_OUTCOME;
                row.expired = false;
                forget(PURGER)
            }
        } unless { purgeKilled }
    od
}

/* The retention of a committed row ends. It is longer than any run of the work (IdempotencyPolicy.validate), so a row never
 * ends while its claim is open. */
proctype Clock() {
    byte expiries = EXPIRIES;
end_of_time:
    do
    :: atomic { expiries > 0 && row.present && !row.expired -> expiries--; row.expired = true; generation++ }
    od
}

proctype Faults() {
    byte faults = FAULTS, i;
end_of_faults:
    do
    :: atomic { /* a connection breaks */
        faults > 0 ->
        faults--;
        select(i : 0 .. CONNECTIONS - 1);
        if
        :: session[i] == OPEN && held[i] && !cut[i] -> cut[i] = true
        :: else
        fi;
        i = 0 }
    :: atomic { /* the server stops and is back: every uncommitted transaction is gone, every connection too */
        faults > 0 ->
        faults--;
        i = 0;
        do
        :: i < CONNECTIONS ->
            if
            :: session[i] == OPEN ->
                forget(i);
                dropRequest(i);
                cut[i] = held[i];
                session[i] = (busy[i] -> KILLED : NONE)
            :: else
            fi;
            i++
        :: else -> break
        od;
        forget(PURGER);
        purgeKilled = true;
        i = 0 }
    od
}

/* When nobody can take a step any more. */
proctype Audit() {
    byte i;
    atomic {
        timeout ->
        invariant(every_client_ends, ended == CLIENTS);
        do
        :: i <= CONNECTIONS ->
            invariant(no_transaction_stays_open, transaction[i].change == UNTOUCHED && !transaction[i].wrote);
            i++
        :: else -> break
        od;
        /* The next claim would be answered at once: from the row of this generation, or, if it has none, by running. */
        invariant(no_key_stays_in_flight, owner == NOBODY);
        invariant(replay_equals_the_row,
            (row.present && !row.expired -> row.outcome : NULL_OUTCOME) == published[generation])
    }
}

init {
    byte i;
    atomic {
        do
        :: i < CONNECTIONS -> run Backend(i); i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < CLIENTS -> run Client(i); i++
        :: else -> break
        od;
        i = 0;
        run Purge();
        run Clock();
        run Faults();
        run Audit()
    }
}
