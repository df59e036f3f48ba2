# The verbs of this repository. `make help` lists them.

SWIFT ?= swift
# Imports that Package.swift does not declare are errors, in every build that these verbs make.
SWIFTFLAGS ?= --explicit-target-dependency-import-check error
SOURCES = Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install what is missing: libpq's headers, pkg-config, PostgreSQL's binaries
	@scripts/setup.sh

.PHONY: demo
demo: setup ## run the payments service and show what it promises (ONCE=1: show it, then exit)
	@scripts/demo.sh

.PHONY: build
build: setup ## build everything, tests too
	@$(SWIFT) build --build-tests $(SWIFTFLAGS)

# Hundreds of tests at once would starve one another of two cores and of the server; their deadlines count from their start.
.PHONY: test
test: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 4
test: ## run all tests, each on a database of its own (FILTER=name: only those)
	@scripts/setup.sh openssl pgbouncer
	@$(SWIFT) test --disable-xctest $(SWIFTFLAGS) $(if $(FILTER),--filter $(FILTER))

.PHONY: transcripts
transcripts: setup ## write the transcripts of docs/http.md anew, from the running service
	@TRANSCRIPTS=write $(SWIFT) test --disable-xctest $(SWIFTFLAGS) --filter TranscriptTests

.PHONY: test-sanitize
test-sanitize: ## run LibPQ's and the engine's tests under sanitizers (SANITIZERS=address: only that one)
	@scripts/setup.sh openssl pgbouncer
	@scripts/test-sanitize.sh $(SANITIZERS)

.PHONY: mutants
mutants: ## put known faults into the code, one after the other, and see that the tests notice each
	@scripts/setup.sh openssl pgbouncer
	@scripts/mutants.sh

.PHONY: model
model: ## check the protocol's model exhaustively, and that it notices each mutant (needs spin; MUTANT=name: only that)
	@scripts/setup.sh spin gcc
	@scripts/model.sh $(MUTANT)

.PHONY: soak
soak: setup ## run the sample service under faults, then check its books (MINUTES=10 SEED=1 CLIENTS=12)
	@$(SWIFT) build $(SWIFTFLAGS) --product payments
	@$(SWIFT) build $(SWIFTFLAGS) --product Soak
	@"$$($(SWIFT) build --show-bin-path)/Soak"

.PHONY: fuzz
fuzz: ## feed odd bytes to what reads bytes of strangers (SECONDS_EACH=20 SEED=1 TARGETS=json)
	@scripts/fuzz.sh $(TARGETS)

.PHONY: schemathesis
schemathesis: setup ## send generated requests to the sample service, and check it against /openapi.yaml (SEED=1 EXAMPLES=300)
	@$(SWIFT) build $(SWIFTFLAGS) --product payments
	@scripts/schemathesis.sh "$$($(SWIFT) build --show-bin-path)/payments"

.PHONY: lint
lint: ## check format and style
	@$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)

.PHONY: format
format: ## rewrite the sources in the house's format
	@$(SWIFT) format format --in-place --recursive --parallel $(SOURCES)

.PHONY: bench
bench: setup ## measure protected against unprotected payments, and replays
	@scripts/bench.sh

.PHONY: bench-libpq
bench-libpq: setup ## measure LibPQ against pgbench, asyncpg, psycopg and psql
	@scripts/bench-libpq.sh

.PHONY: memory
memory: setup ## show the sample service's memory at rest and under 200 payments a second
	@scripts/memory.sh

.PHONY: docs
docs: ## check that the documentation comments of the libraries build (needs docc)
	@mkdir -p .build/docs
	@$(SWIFT) package $(SWIFTFLAGS) dump-symbol-graph --minimum-access-level public --skip-synthesized-members >/dev/null
	@for module in LibPQ SQLMigrations Idempotency HummingbirdIdempotency IdempotencyTesting EmbeddedPostgres; do \
		catalog=Sources/$$module/$$module.docc; \
		[ -d $$catalog ] || { catalog=.build/docs/$$module.docc; mkdir -p $$catalog; }; \
		docc convert $$catalog --fallback-display-name $$module \
			--fallback-bundle-identifier swift-idempotency.$$module \
			--additional-symbol-graph-dir .build/*/symbolgraph --output-path .build/docs/$$module.doccarchive || exit 1; \
	done

.PHONY: clean
clean: ## remove what was built and the demo's data
	@$(SWIFT) package clean
	@rm -rf .payments .build-address .build-thread .build-fuzz
