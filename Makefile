# Everything there is to do here. CI calls "make test" and nothing else.

GO      ?= go
LDFLAGS  = -s -w
STATIC   = $(GO) tool -modfile=tools/go.mod staticcheck
FUZZTIME ?= 10s
BENCHFLAGS ?=
export CGO_ENABLED = 0

.PHONY: all build run test race short bench gobench lint fuzz deps clean

all: build

# One program each in build/, and the services of the tests in build/test/.
build:
	@mkdir -p build/test
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o build/ ./cmd/...
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o build/test/ ./test/services/...

# An anvil under ./var, as any user, with a live exchange; Ctrl-C ends it.
run: build
	@mkdir -p var
	@sh scripts/run.sh

# The tests run against a stock Postfix; deps installs it where it is missing.
test: deps build
	$(GO) vet ./...
	$(GO) test -count=1 -timeout 15m ./...

race: deps build
	CGO_ENABLED=1 $(GO) test -race -timeout 30m ./attr ./dict/... ./internal/... ./mailconf/... ./maillog ./masterproto \
		./match ./multiserver/... ./resolvelocal ./service/...

# Without the tests that need a stock Postfix or root.
short:
	$(GO) test -short ./attr ./dict/... ./internal/... ./mailconf/... ./maillog ./masterproto ./match ./multiserver/... ./resolvelocal ./service/...

# Ours and stock's side by side, in one run. BENCHFLAGS: see go run ./test/bench -h.
bench: deps build
	$(GO) run ./test/bench $(BENCHFLAGS)
	$(GO) test -run "^$$" -bench "Turn|Serve|Respond" -benchmem ./attr ./multiserver ./service/anvil

gobench:
	$(GO) test -run '^$$' -bench . -benchmem ./attr ./maillog ./mailconf ./multiserver ./service/...

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "gofmt would change these files"; exit 1; }
	$(GO) vet ./...
	$(STATIC) ./...

# Each fuzz target for FUZZTIME.
fuzz:
	@sh scripts/fuzz.sh $(FUZZTIME)

deps:
	@sh scripts/deps.sh

clean:
	rm -rf build
