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

SPARLING := target/release/sparling
CARGO := cargo
TENSORBOARD := .venv/bin/tensorboard
TRAINED := results/laptop/models/digit-circle-sparling-seed2
DEMO := experiments/digit-circle/sparling.toml
DEMO_RUN := runs/digit-circle/sparling/demo/seed-$(SEED)

# rustup's own folder, for shells that have not read its profile line yet.
export PATH := $(PATH):$(HOME)/.cargo/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-cuda build demo audio-corpus fetch-audiomnist test layer storm check bench bench-python bench-parts figures report train doctor clean FORCE

help: ## this list
	@echo "Sparling: targets (variables: SCALE=$(SCALE) SEEDS=$(SEEDS) JOBS=$(JOBS) SEED=$(SEED) DEVICE=$(DEVICE))"
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile
	@echo "  figN, tableN     one of them, as \`$(SPARLING) list\` names them; what it needs is trained first;"
	@echo "                   REPLACE=1 drops rows of these runs that were measured with other settings"

setup: ## libtorch and TensorBoard into .venv; called by every other target
	@scripts/setup.sh

setup-cuda: ## the CUDA libraries too (about 3 GB), for DEVICE=cuda
	@scripts/setup.sh --cuda

build: setup ## the program target/release/sparling
	$(CARGO) build --release --locked
	@scripts/setup.sh --verify $(SPARLING)

# The committed model first, since it takes seconds; then a small run of the reader's own, at most five minutes.
demo: build ## a trained model's picture, then a small training of your own, drawn as its motifs thin out
	@mkdir -p demo
	@echo "== 1 of 4: a trained model on a picture it has not seen (true motifs left, found motifs right)"
	$(SPARLING) show $(TRAINED) --index 7 -o demo/trained-model.png
	@echo
	@echo "== 2 of 4: a small training of your own, at most 5 minutes. Ctrl-C saves; the same command goes on."
	@echo "   A is accuracy; δ is the share of the middle layer that may be other than 0. Watch δ fall, whenever A exceeds T."
	$(SPARLING) train $(DEMO) --scale demo --seed $(SEED) --device $(DEVICE)
	@echo
	@echo "== 3 of 4: its errors on test pictures"
	$(SPARLING) evaluate $(DEMO_RUN) --results demo/results --device $(DEVICE)
	@echo
	@echo "== 4 of 4: one picture as the network saw it at six densities on the way down"
	$(SPARLING) show $(DEMO_RUN) --index 7 --densities 6 -o demo/strip.png --device $(DEVICE)
	$(SPARLING) show $(DEMO_RUN) --index 7 -o demo/your-model.png --device $(DEVICE)
	@$(SPARLING) figure 1 2 3 --scale demo --only-draw --results demo/results
	@$(SPARLING) report --scale demo --results demo/results --html
	@echo
	@echo "Look at:"
	@echo "  demo/trained-model.png         a picture of the paper's kind, read by the trained model"
	@echo "  demo/strip.png                 your run: marks everywhere, then the digits (a weak mark beside them is of the"
	@echo "                                 one channel to spare)"
	@echo "  demo/your-model.png            your run on that picture, true motifs beside found ones"
	@echo "  demo/results/demo/fig3.png     its motif errors, with fig1 and fig2 beside it"
	@echo "  demo/results/demo/report.html  all of it on one page, for the browser"
	@echo "  $(TENSORBOARD) --logdir runs   its curves"
	@echo "Next: a training on the paper's pictures, an hour or so:"
	@echo "  make train"
	@echo "  make help                      the other targets"

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
	$(SPARLING) figure --scale $(SCALE) --seeds $(SEEDS) --jobs $(JOBS) $(if $(REPLACE),--replace)

# The program knows which there are.
fig%: build FORCE
	$(SPARLING) figure $@ --scale $(SCALE) --seeds $(SEEDS) $(if $(REPLACE),--replace)

table%: build FORCE
	$(SPARLING) figure $@ --scale $(SCALE) --seeds $(SEEDS) $(if $(REPLACE),--replace)

report: build ## what held at SCALE, with an explorer: results/SCALE/report.html and REPORT.md
	$(SPARLING) report --scale $(SCALE)
	$(SPARLING) report --scale $(SCALE) --html

test: setup ## every test
	$(CARGO) test --release --locked

layer: setup ## the layer alone, on tch and nothing else, in the model of examples/layer
	$(CARGO) clippy --release --locked --no-default-features --lib -- -D warnings
	$(CARGO) run --release --locked --package sparling-layer-example

storm: setup ## a hundred kills at random moments of training, validation and evaluation; a few minutes
	SPARLING_STORM=100 $(CARGO) test --release --locked --test storm -- --nocapture

check: setup ## what CI runs: format, lints, docs, tests
	@scripts/setup.sh --browser || echo "going on without: tests that need it are skipped"
	$(CARGO) fmt --check
	$(CARGO) clippy --release --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --no-deps
	$(MAKE) layer
	$(CARGO) test --release --locked

# Ten to twenty minutes; the machine should have nothing else to do.
bench: setup ## layer, training step and validation, timed; beside PyTorch where .venv-python is there
	.venv/bin/python benches/python/side_by_side.py --compile --splice docs/performance.md

bench-python: setup ## the same beside PyTorch, in .venv-python (4.7 GB, made at the first call)
	@scripts/setup.sh --python
	$(MAKE) bench

bench-parts: setup ## how fast samples of each domain are made, and the parts of a step, by criterion
	$(CARGO) bench --locked

doctor: build ## what was found on this machine, and what is missing
	@$(SPARLING) doctor

clean: ## removes what was built; keeps .venv, runs/ and results/
	$(CARGO) clean
	rm -rf demo
