# make run          open the window; `make run ARGS="FILE"` opens a file in it
# make test         everything: tests, and beside them style, types, floors; `make test TESTS=tests/core` a part
# make check        style, types and floors alone
# make format       put the code into the one style
# make wheel        build a wheel, install it elsewhere, try it there
# make benchmarks   measure the claims of benchmarks/README.md
# make hostile      open 10,000 mutated copies of every kind of file
# make kills        kill trainings at random moments, resume and compare them: 200 times
# make events       act at random in the real window: 20,000 events
# make soak         watch a run grow and walk texts for an hour
# make pictures     make the pictures of the documentation anew, from the real window
#
# `run` and `test` set up a fresh machine by themselves. A Python of your choice: PYTHON=...

.NOTPARALLEL:
.PHONY: run test check wheel format benchmarks hostile kills events soak pictures window-libraries offscreen-libraries

BIN = .venv/bin
TESTS =
ARGS =

run: window-libraries .venv/installed
	@$(BIN)/python -m rnnviz $(ARGS)

test: offscreen-libraries .venv/installed
	@.ci/test $(TESTS)

check: offscreen-libraries .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: offscreen-libraries .venv/installed
	.ci/try-wheel

format: .venv/installed
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

benchmarks: offscreen-libraries .venv/installed
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

hostile: offscreen-libraries .venv/installed
	$(BIN)/python -m tests.harness.hostile

kills: offscreen-libraries .venv/installed
	$(BIN)/python -m tests.harness.kills
	$(BIN)/python -m tests.harness.window_kills

events: offscreen-libraries .venv/installed
	$(BIN)/python -m tests.harness.events $(ARGS)

soak: offscreen-libraries .venv/installed
	$(BIN)/python -m tests.harness.soak $(ARGS)

pictures: offscreen-libraries .venv/installed
	$(BIN)/python docs/pictures.py

window-libraries:
	@.ci/system-libraries run

offscreen-libraries:
	@.ci/system-libraries test

.venv/installed: pyproject.toml $(wildcard .ci/*.txt) .ci/environment
	@PYTHON="$(PYTHON)" .ci/environment
