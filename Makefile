# Everything runs from .venv/, which `make install` builds. `make run` is the whole application; Ctrl-C stops it.
PYTHON ?=
UV = .venv/bin/uv
PY = .venv/bin/python
INSTALL = VIRTUAL_ENV=$(CURDIR)/.venv $(UV) pip install --quiet --require-hashes
LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --no-header --no-emit-index-url --generate-hashes --no-annotate
# Two processes, each with servers of its own; a file's tests stay together.
IN_TWO = -n 2 --dist loadfile

# Container images often forbid compiled modules on disk; every process of a run would then compile everything anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help install install-dev browser run test lint bench lock
help:
	@echo "make run      install, start everything, print the address (PORT=8000)"
	@echo "make test     install, run the whole suite (T='tests/embedded -k port' for a part)"
	@echo "make lint     style, layers, Django's own checks"
	@echo "make bench    every published number (B=name for one)"
	@echo "make lock     pin requirements*.in anew"

install: .venv/runtime.stamp
install-dev: .venv/dev.stamp

run: .venv/runtime.stamp
	@exec $(PY) -m stratum.embedded.run

test: .venv/dev.stamp browser
	@exec $(PY) -m pytest $(IN_TWO) $(T)

lint: .venv/dev.stamp
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	.venv/bin/lint-imports
	$(PY) manage.py check
	$(PY) manage.py makemigrations --check --dry-run

bench: .venv/dev.stamp
	@exec $(PY) -m bench $(B)

lock: .venv/bin/uv
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) requirements-dev.in -o requirements-dev.txt
	$(LOCK) requirements-bench.in -o requirements-bench.txt

# Neither stamp removes what the other installed.
.venv/runtime.stamp: requirements.txt | .venv/bin/uv
	@$(INSTALL) -r requirements.txt
	@touch $@

.venv/dev.stamp: requirements-dev.txt .venv/runtime.stamp
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

.venv/bin/uv: | .venv/bin/python
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==0.13.9

.venv/bin/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    $$python -m venv .venv || { rm -rf .venv; exit 1; }; exit 0; \
	  fi; \
	done; \
	echo "Stratum needs Python 3.11 or newer, and python3 here is $$(python3 -V 2>&1): install one, or name it with PYTHON=/path/to/python3"; \
	exit 1

# The browser tests drive Chromium: Debian's own package where there is one, otherwise the build that Playwright fetches.
browser: .venv/dev.stamp
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null 2>&1 && exit 0; done; \
	if ! grep -qs '^ID=debian' /etc/os-release; then exec .venv/bin/playwright install chromium; fi; \
	if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root=sudo; else \
	  echo "the browser tests need Chromium and only root can install it: sudo apt-get install chromium"; exit 1; fi; \
	$$root apt-get update -qq && $$root env DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null
