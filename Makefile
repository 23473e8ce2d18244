# Everything begins here: `make demo` to see it, `make test` to prove it, `make check` before a commit.
# Needs only Python >= 3.11 with venv, make, and the package registry that pip is set to.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH := $(VENV)/bench

# Each process of the tests has a database of its own, unless one server is given for all. They
# wait for it now and then: one process more than there are cores.
SIDE_BY_SIDE := $(shell $(PYTHON) -c "import os; print(min((os.cpu_count() or 1) + 1, 4))")
BESIDE := $(if $(SANFANG_TEST_DATABASE_URL),,-n $(SIDE_BY_SIDE) --dist loadfile --no-loadscope-reorder)

.DEFAULT_GOAL := help
.PHONY: help demo test check lint current schema matrix migration release conformance clean bench

help: ## 列出可用的命令 Lists these commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

demo: $(READY) ## 启动并载入两个示范县 Serves two demo counties
	@$(BIN)/sanfang demo

test: $(READY) ## 在自带的数据库上跑全部测试 Runs the whole suite on databases of its own
	@$(BIN)/python -m pytest $(BESIDE)

check: $(READY) lint current test ## 全部检查 The one gate: lint, types, imports, what is exported, tests

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

current: $(READY)
	@$(BIN)/sanfang schema | diff -u schema/schema.graphql - || { echo 'run: make schema'; exit 1; }
	@$(BIN)/sanfang codes | diff -u schema/errors.md - || { echo 'run: make schema'; exit 1; }
	@$(BIN)/sanfang pack schema | diff -u schema/pack.schema.json - || { echo 'run: make schema'; exit 1; }
	@$(BIN)/sanfang matrix | diff -u tests/policies/matrix.txt - || { echo 'run: make matrix'; exit 1; }

schema: $(READY) ## 重写 schema/schema.graphql Writes the exported schema and the codes again
	$(BIN)/sanfang schema > $(VENV)/schema.graphql
	mv $(VENV)/schema.graphql schema/schema.graphql
	$(BIN)/sanfang codes > $(VENV)/errors.md
	mv $(VENV)/errors.md schema/errors.md
	$(BIN)/sanfang pack schema > $(VENV)/pack.schema.json
	mv $(VENV)/pack.schema.json schema/pack.schema.json

matrix: $(READY) ## 重写 tests/policies/matrix.txt Writes who may do what again
	$(BIN)/sanfang matrix > $(VENV)/matrix.txt
	mv $(VENV)/matrix.txt tests/policies/matrix.txt

migration: $(READY) ## 起草迁移 Drafts the next revision, NAME=what_it_does; without, the newest again
	$(BIN)/python -m infra.migrations.draft "$(NAME)"

release: check ## 把现在的模式定为新版本的承诺 Keeps the present schema as the coming release's
	@$(BIN)/python -m schema.releases

conformance: $(READY) ## 协议审计与真实客户端，需要 Node >= 20 Protocol audits and real clients; needs Node >= 20
	@$(BIN)/python -m tests.conformance

bench: $(READY) $(BENCH)/.ready ## 与同类比快慢 Measures it beside its peers; QUICK=1 for one short round
	@$(BIN)/python -m tests.bench $(if $(QUICK),--quick)

clean: ## 删除环境和缓存，保留 .sanfang 的数据 Removes the environment and caches, never the data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Without its stamp the environment is made anew; with it, a second start installs nothing.
$(READY): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python >= 3.11, please: make PYTHON=python3.12 ...")'
	@echo '准备环境，约一分钟… Making the environment, about a minute…'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "sanfang.pth").write_text(str(pathlib.Path.cwd()) + "\n", encoding="utf-8")'
	@printf '#!/bin/sh\nexec "$${0%%/*}/python" -m infra.cli "$$@"\n' > $(BIN)/sanfang
	@chmod +x $(BIN)/sanfang
	@touch $(READY)

# The bench's own environment stands on the main one; its Node peers are left out where npm is missing.
$(BENCH)/.ready: tests/bench/requirements.lock tests/bench/package-lock.json $(READY)
	@echo '准备比较用的环境… Making the environment of the bench…'
	@test -x $(BENCH)/bin/python || $(BIN)/python -m venv $(BENCH)
	@$(BIN)/python -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' > $(BENCH)/main.pth
	@mv $(BENCH)/main.pth "$$($(BENCH)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/main.pth"
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: -r tests/bench/requirements.lock
	@mkdir -p $(BENCH)/node
	@cp tests/bench/package.json tests/bench/package-lock.json $(BENCH)/node/
	@if command -v npm > /dev/null; then cd $(BENCH)/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error; else echo 'no npm: Node peers are left out'; fi
	@touch $(BENCH)/.ready
