// libpq's C API, plus what Swift cannot import by itself.
#ifndef CLIBPQ_SHIM_H
#define CLIBPQ_SHIM_H

#include <libpq-fe.h>

// Swift does not import macros that expand to character literals.
// https://www.postgresql.org/docs/current/libpq-exec.html#LIBPQ-PQRESULTERRORFIELD
static const int CLIBPQ_DIAG_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int CLIBPQ_DIAG_SQLSTATE = PG_DIAG_SQLSTATE;
static const int CLIBPQ_DIAG_MESSAGE = PG_DIAG_MESSAGE_PRIMARY;
static const int CLIBPQ_DIAG_DETAIL = PG_DIAG_MESSAGE_DETAIL;
static const int CLIBPQ_DIAG_HINT = PG_DIAG_MESSAGE_HINT;
static const int CLIBPQ_DIAG_CONTEXT = PG_DIAG_CONTEXT;
static const int CLIBPQ_DIAG_POSITION = PG_DIAG_STATEMENT_POSITION;
static const int CLIBPQ_DIAG_SCHEMA = PG_DIAG_SCHEMA_NAME;
static const int CLIBPQ_DIAG_TABLE = PG_DIAG_TABLE_NAME;
static const int CLIBPQ_DIAG_COLUMN = PG_DIAG_COLUMN_NAME;
static const int CLIBPQ_DIAG_DATATYPE = PG_DIAG_DATATYPE_NAME;
static const int CLIBPQ_DIAG_CONSTRAINT = PG_DIAG_CONSTRAINT_NAME;

#ifndef LIBPQ_HAS_PIPELINING
#error "libpq 14 or later is required (pipeline mode)"
#endif

#endif
