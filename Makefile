# Every target sets up first what it needs (scripts/setup.sh; milliseconds once done),
# and everything is built in the release profile: tests and benches train networks, and
# one build of the dependencies then serves them all.
#
#   make demo            make test            make fig3 SCALE=laptop SEEDS=3

SCALE ?= laptop
SEEDS ?= $(if $(filter smoke,$(SCALE)),1,3)
JOBS ?= $(shell nproc)
SEED ?= 1
DEVICE ?= auto
EXPERIMENT ?= experiments/digit-circle/sparling.toml

FIGURES := fig1 fig2 fig3 fig4 fig5 fig6 fig7 fig8 fig9 fig10 fig11 fig12 table1 table2
SPARLING := target/release/sparling
CARGO := cargo
TRAINED := results/laptop/models/digit-circle-sparling-seed2

# rustup's own folder, for shells that have not read its profile line yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-cuda build demo audio-corpus fetch-audiomnist test storm check bench bench-python figures report train doctor clean $(FIGURES)

help: ## this list
	@echo "Sparling: targets (variables: SCALE=$(SCALE) SEEDS=$(SEEDS) JOBS=$(JOBS) SEED=$(SEED) DEVICE=$(DEVICE))"
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile
	@echo "  figN, tableN     one of $(FIGURES); what it needs is trained first;"
	@echo "                   REPLACE=1 drops rows of these runs that were measured with other settings"

setup: ## libtorch and TensorBoard into .venv; called by every other target
	@scripts/setup.sh

setup-cuda: ## the CUDA libraries too (about 3 GB), for DEVICE=cuda
	@scripts/setup.sh --cuda

build: setup ## the program target/release/sparling
	$(CARGO) build --release --locked
	@scripts/setup.sh --verify $(SPARLING)

# The seed of the committed model.
demo: SEED = 2
demo: build ## the committed model on a new sample, then train, evaluate and draw at SCALE
	@if [ -d $(TRAINED) ]; then \
	    mkdir -p demo && \
	    echo "== The committed model on a sample it has not seen" && \
	    $(SPARLING) show $(TRAINED) --index 7 -o demo/committed-model.png && \
	    $(SPARLING) evaluate $(TRAINED) --samples 2000 --no-save; \
	else \
	    echo "== $(TRAINED) is not in this checkout: straight to training"; \
	fi
	@echo "== Training DigitCircle at $(SCALE) scale; Ctrl-C saves, and make demo goes on from there"
	$(SPARLING) train experiments/digit-circle/sparling.toml --scale $(SCALE) --seed $(SEED) --device $(DEVICE)
	$(SPARLING) evaluate runs/digit-circle/sparling/$(SCALE)/seed-$(SEED) --results demo/results
	mkdir -p demo
	$(SPARLING) show runs/digit-circle/sparling/$(SCALE)/seed-$(SEED) --index 7 -o demo/your-model.png
	$(SPARLING) figure 1 2 3 --scale $(SCALE) --only-draw --results demo/results
	@echo
	@echo "Look at:"
	@echo "  demo/*.png                       a sample with its true and its predicted motifs"
	@echo "  demo/results/$(SCALE)/fig[123].png figures of your run, with the CSV each is drawn from"
	@echo "  demo/results/$(SCALE)/rows.csv     every number of it"
	@echo "  results/                         the committed results"
	@echo "  .venv/bin/tensorboard --logdir runs"

audio-corpus: build ## spoken digits by espeak-ng (a Debian package, installed if missing) for audio-sequence
	@scripts/setup.sh --audio
	$(SPARLING) data make-audio

# Not tried where this was written, for want of a network; the repository's data/ is AudioMNIST's layout.
fetch-audiomnist: build ## AudioMNIST from GitHub (about 1 GB) into data/corpora/audiomnist
	git clone --depth 1 https://github.com/soerenab/AudioMNIST data/corpora/AudioMNIST-source
	$(SPARLING) data import-audio data/corpora/AudioMNIST-source --name audiomnist
	@echo "data/corpora/AudioMNIST-source may be removed now"

train: build ## EXPERIMENT=… at SCALE with SEED
	$(SPARLING) train $(EXPERIMENT) --scale $(SCALE) --seed $(SEED) --device $(DEVICE)

figures: build ## every figure and table there is, training what is missing JOBS at a time
	$(SPARLING) figure $(FIGURES) --scale $(SCALE) --seeds $(SEEDS) --jobs $(JOBS) $(if $(REPLACE),--replace)

$(FIGURES): build
	$(SPARLING) figure $@ --scale $(SCALE) --seeds $(SEEDS) $(if $(REPLACE),--replace)

report: build ## what held at SCALE, with an explorer: results/SCALE/report.html and REPORT.md
	$(SPARLING) report --scale $(SCALE)
	$(SPARLING) report --scale $(SCALE) --html

test: setup ## every test
	$(CARGO) test --release --locked

storm: setup ## a hundred kills at random moments of training, validation and evaluation; a few minutes
	SPARLING_STORM=100 $(CARGO) test --release --locked --test storm -- --nocapture

check: setup ## what CI runs: format, lints, docs, tests
	@scripts/setup.sh --browser || echo "going on without: tests that need it are skipped"
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --no-deps
	$(CARGO) test --release --locked

bench: setup ## samples, layer and training step, timed
	$(CARGO) bench --locked

bench-python: setup ## the same in PyTorch, in .venv-python (4.7 GB, made at the first call)
	@scripts/setup.sh --python
	.venv-python/bin/python benches/python/bench_layer_and_model.py

doctor: build ## what was found on this machine, and what is missing
	@$(SPARLING) doctor

clean: ## removes what was built; keeps .venv, runs/ and results/
	$(CARGO) clean
	rm -rf demo
