# The two commands of a newcomer are `make demo` and `make test`; `make` alone lists them all. Every target brings what
# it needs (tools/setup) and says what it is doing.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo build test suites soak bench format tidy clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## build, start Tarn, send it taxi rides and flights, model, test and query them
	@tools/setup demo
	@tools/build release tarn rides
	@tools/demo

build: ## the release binary, build/release/tarn
	@tools/setup build
	@tools/build release tarn

test: ## tidy, unit tests (release and sanitizers), real clients, short crash loops
	@tools/setup test
	@tools/build release tarn rides unit_tests kafka_oracle jinja_oracle
	@tools/build asan unit_tests
	@tests/run tidy unit check

suites: ## what takes longer: TSan, fuzzers, Spark, clients' own suites, a fresh Debian
	@tools/setup suites
	@tools/build release tarn rides jinja_oracle
	@tools/build tsan unit_tests
	@tools/build fuzz fuzzers
	@tests/run tsan fuzz suite

soak: ## crash loops by the hundred
	@tools/setup test
	@tools/build release tarn rides
	@tests/run soak

bench: ## the measurements of docs/benchmarks.md
	@tools/setup test
	@tools/build release tarn rides
	@bench/run

format: ## clang-format over src
	@tools/setup build
	@git ls-files -z 'src/*.h' 'src/*.cc' 'tests/*.cc' 'bench/*.cc' 'examples/*.cc' 'examples/*.h' | xargs -0 clang-format-19 -i

tidy: ## the rules of CONTRIBUTING.md that a machine checks
	@tools/tidy

clean: ## remove build/
	rm -rf build
