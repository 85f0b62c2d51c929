# Everything that there is to do here. CI calls "make test".

GO       ?= go
PROGRAMS  = $(notdir $(wildcard cmd/*))
LDFLAGS   = -s -w
export CGO_ENABLED = 0

.PHONY: all build run test race short bench lint fuzz deps clean

all: build

# One program each in build/.
build:
	@mkdir -p build
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o build/ ./cmd/...
