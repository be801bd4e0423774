# promptgate. `make help` lists the targets; every one works on a fresh machine with Go and make.
export CGO_ENABLED ?= 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS = -s -w -X main.version=$(VERSION)
FUZZTIME ?= 20s

.PHONY: run build demo test check fuzz differential bench bench-accuracy accuracy-report bench-peers bench-corpora e2e help

run: build ## build and start the proxy with embedded defaults (state in ./state)
	bin/promptgate serve --state-dir state

build: ## build bin/promptgate (static, reproducible)
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/promptgate ./cmd/promptgate

demo: build ## real requests through real TLS against a fake OpenAI; prints what happened
	bin/promptgate demo

test: ## all hermetic tests: no root, no network beyond the module download
	go test ./...

check: test ## test, plus vet, the race detector, a fuzz smoke run and the rules' own tests
	go vet ./...
	CGO_ENABLED=1 go test -race ./proxy/... ./detectors/engine/... ./cmd/...
	$(MAKE) fuzz FUZZTIME=5s
	$(MAKE) build
	bin/promptgate check
	bin/promptgate test

fuzz: ## run every fuzzer for FUZZTIME (default 20s) each
	@for pkg in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$pkg/*_test.go | cut -c6-); do \
	    echo "$$pkg $$f"; go test $$pkg -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) || exit 1; \
	  done; done

differential: ## the engine beside the standard library on 64 MiB of this machine's text, and 12 samples of each rule
	PROMPTGATE_DIFFERENTIAL_MIB=64 go test ./detectors/pattern -run 'TheWholeReading$$' -v -timeout 1h

bench: build bench-corpora ## throughput and latency of the proxy beside an uninspected one, and the detector core
	go run ./bench/traffic
	go run ./bench/core
	go test ./detectors/... ./proxy/... -run '^$$' -bench . -benchtime 1s

bench-accuracy: ## recall by info type and false alarms, on a labelled corpus made from a seed
	go run ./bench/accuracy

accuracy-report: ## docs/accuracy.md and its picture, from the same corpus
	go run ./bench/accuracy -report docs

bench-peers: ## what other programs find on the same corpus (installs them from npm and PyPI)
	go run ./bench/peers

bench-corpora: ## make the texts of go run ./bench/core from what this machine has
	go run ./bench/corpus/build

e2e: build ## real clients against the built binary: curl, openai SDKs, Chromium, Squid (.ci/run installs them)
	go test -c -tags e2e -o bin/e2e.test ./cmd/promptgate/e2e
	cd cmd/promptgate/e2e && $(CURDIR)/bin/e2e.test -test.timeout 20m

help: ## this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/' | expand -t 15
