# Homeport. `make demo` shows the main job on a simulated iPhone; `make test` is
# what CI runs. Both do their own set-up on a machine with Go and make.

GO       ?= go
BIN      := bin/homeport
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  := -s -w -X main.version=$(VERSION)
TARGETS  := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

# The stock tools that the simulated phones are tested with, the Python package of
# testdata/decrypt.py, and the C compiler that the race detector needs. Python is
# the system's: another one that comes first in PATH would lack the package.
PEERS    := libimobiledevice-utils libusbmuxd-tools libplist-utils python3-cryptography ifuse xfsprogs btrfs-progs libxml2-utils exfatprogs exfat-fuse dbus-daemon
TOOLS    := idevicebackup2 idevicepair ideviceinfo idevice_id iproxy plistutil ifuse xmllint dbus-daemon

export CGO_ENABLED ?= 0

.PHONY: all build demo test unit race lint cross peers bench cuts damages races soak page systemd wine monitoring fuzz clean
.PHONY: dist dist-check plugs

all: build

build:
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/homeport

demo: build
	$(BIN) demo

# test builds for the other systems beside the tests, which wait for phones half of the
# time, with what they leave of the processor.
test: peers lint
	@mkdir -p .cache; nice -n 19 $(MAKE) --no-print-directory cross >.cache/cross.log 2>&1 & cross=$$!; \
	if $(MAKE) --no-print-directory unit race; then wait $$cross; built=$$?; cat .cache/cross.log; exit $$built; fi; \
	kill $$cross 2>/dev/null; exit 1

# unit runs everything; race runs it again with the race detector, which makes the
# long sweeps (cuts, crash points) several times slower: those are shorter there.
unit: peers
	$(GO) test -timeout 15m ./...

race: peers
	CGO_ENABLED=1 $(GO) test -race -short -timeout 15m ./...

lint:
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "gofmt wants to change:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

# cross only asks whether it compiles; without optimisation and facts for debuggers that
# takes a third less. What the tests run on is compiled for them anyway, as it is.
HOST := $(shell $(GO) env GOHOSTOS)/$(shell $(GO) env GOHOSTARCH)
cross:
	@for t in $(TARGETS); do \
	  echo "build $$t"; \
	  quick='all=-N -l -dwarf=false'; if [ $$t = $(HOST) ]; then quick=; fi; \
	  CGO_ENABLED=0 GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build -gcflags="$$quick" -ldflags='-s -w' -o /dev/null ./cmd/homeport || exit 1; \
	done

# peers installs the stock tools on Debian as root; elsewhere it says what is
# missing, and the tests that need it are skipped visibly (failed with CI=true).
peers:
	@missing=; for t in $(TOOLS) gcc; do command -v $$t >/dev/null 2>&1 || missing="$$missing $$t"; done; \
	/usr/bin/python3 -c 'import cryptography' 2>/dev/null || missing="$$missing python3-cryptography"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ -f /etc/debian_version ] && [ "$$(id -u)" = 0 ]; then \
	  echo "installing for the tests:$$missing"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PEERS) gcc libc6-dev >/dev/null; \
	else \
	  echo "missing for the whole test suite:$$missing"; \
	  echo "  Debian, Ubuntu:  sudo apt-get install $(PEERS) gcc libc6-dev"; \
	  echo "  macOS:           brew install libimobiledevice; /usr/bin/python3 -m pip install cryptography"; \
	  echo "tests that need them are skipped"; \
	  if [ "$$CI" = true ]; then exit 1; fi; \
	fi

# bench prints Homeport's engine and the whole verb beside idevicebackup2, the
# simulator alone, extraction beside decrypting alone, how soon a plugged-in
# phone is asked for its backup, what ten versions take on the disk, how soon a history
# of 100,000 runs answers, and a run in which nothing changed, of up to a million files,
# beside `cp -al`; most of it on the file system of TMPDIR. Half an hour.
bench: peers
	HOMEPORT_TEST_BENCH=1 $(GO) test -run '^TestBench(Daemon)?$$' -v -timeout 45m ./cmd/homeport
	HOMEPORT_TEST_BENCH=1 $(GO) test -run '^TestBench$$' -v ./agent
	$(GO) test -run '^$$' -bench 'Discard|Idevice' -benchtime 3x ./simulator
	$(GO) test -run '^$$' -bench 'Derive|Extract' -benchtime 3x ./backup/mobilesync
	$(GO) test -run '^$$' -bench 'TenVersions|Mirror' -benchtime 1x ./backup/store
	$(GO) test -run '^$$' -bench Runs -benchtime 20x ./agent/history
	$(GO) test -run '^$$' -bench Unchanged -benchtime 1x -v -timeout 60m ./backup/store

# cuts breaks a thousand backups and 200 restores, spread over the bytes of every
# channel, and fifty of the installed tool's by pulling the cable.
cuts:
	HOMEPORT_CUTS=1000 $(GO) test -run 'TestCuts$$|TestResumeCostsLittle' -v -timeout 60m ./agent
	HOMEPORT_CUTS=200 $(GO) test -run 'TestRestoreCuts$$' -v -timeout 15m ./agent
	HOMEPORT_PULLS=50 $(GO) test -run 'TestContract/cut' -v -timeout 30m ./backup/idevicebackup2

# damages spoils versions in every way that is known and prints, class by class, what
# was found and named; counts false alarms; cuts scrub, repair and prune short at each
# operation; and applies policies to histories.
damages:
	HOMEPORT_TEST_CRASH=all $(GO) test -run 'TestEveryDamageIsFound$$|TestNoFalseAlarms$$|TestRetention' -v -timeout 30m ./backup/store
	HOMEPORT_TEST_CRASH=all $(GO) test -run 'TestEveryOperationBreaks$$/^(prune|recovery|repair|scrub|marks)$$' -v -timeout 30m ./backup/store

# races lets RACES times two and eight processes of the command race for one phone and
# one folder, and stops a holder with SIGSTOP at RACES points before its publishing
# rename while another computer, as far as the store can see, takes over; then at every
# operation of a run, and of a take-over, in one process. Some minutes.
RACES ?= 200
races: peers
	HOMEPORT_TEST_RACES=$(RACES) $(GO) test -run 'TestRaces$$' -v -timeout 60m ./cmd/homeport
	HOMEPORT_TEST_RACES=$(RACES) $(GO) test -run 'TestStoppedBeforeItsRename$$' -v -timeout 60m ./backup/store
	HOMEPORT_TEST_CRASH=all $(GO) test -run 'TestTakenOverAtEachOperation$$|TestTwoTakers$$|TestTakeOverBreaks$$' -v -timeout 60m ./backup/store

# soak breaks everything around the store, with the figures of each part as it ends:
# every operation as a kill, an I/O error, a full disk and a power cut; real disks that
# are full, read-only or pulled (as root); the command ended by KILLS times a kill -9;
# and DAYS days of a phone, a person and a disk on a virtual clock. About an hour. FILES
# is how many files the phone of the stories has.
FILES ?= 8
KILLS ?= 200
DAYS  ?= 365
soak: peers
	@$(call part,the model of the tree,HOMEPORT_TEST_CRASH=all,30m,TestRandomOperations$$,./backup/tree/treetest)
	@$(call part,faults at every operation,HOMEPORT_TEST_CRASH=all HOMEPORT_TEST_FILES=$(FILES),120m,TestEveryOperationBreaks$$,./backup/store)
	@$(call part,power cuts at every operation,HOMEPORT_TEST_CRASH=all HOMEPORT_TEST_FILES=$(FILES),120m,TestPowerCut,./backup/store)
	@$(call part,real file systems,HOMEPORT_TEST_CRASH=all,60m,TestStoriesOn|TestDriveThatWasAway$$|TestFullDisk$$|TestFileLimit$$,./backup/store)
	@$(call part,sizes of disks,HOMEPORT_TEST_CRASH=all,60m,TestDiskSizes$$|TestDiskTakes|TestReadOnlyDisk$$|TestPulledInMidRun$$,./agent)
	@$(call part,kill -9,HOMEPORT_TEST_KILLS=$(KILLS),60m,TestKilledAtRandomTimes$$,./cmd/homeport)
	@$(call part,days of the store,HOMEPORT_TEST_DAYS=$(DAYS),60m,TestStoreSoak$$,./backup/store)
	@$(call part,days of the agent,HOMEPORT_TEST_DAYS=$(DAYS),60m,TestSoak$$,./agent)

# part runs tests (5: packages, 4: their names, 3: the time they may take, 2: variables)
# and prints the lines of figures that they log, the first column being who logged it;
# everything when they fail.
define part
mkdir -p .cache; log=.cache/soak.log; began=$$(date +%s); echo "== $(1)"; \
if $(2) $(GO) test -count=1 -run '$(4)' -v -timeout $(3) $(5) >$$log 2>&1; then \
  sed -n -e 's/^ *\([a-z0-9_]*\)_test\.go:[0-9]*: \(.*[0-9].*\)/  \1: \2/p' -e 's/^ *--- SKIP.*/  &/p' -e '/^faults: /s/^/  /p' -e '/^published versions/s/^/  /p' $$log; \
  echo "   $$(($$(date +%s) - began)) s"; \
else cat $$log; exit 1; fi
endef

# plugs plugs phones in and out PLUGS times, and looks at what is left of it.
PLUGS ?= 1000
plugs:
	HOMEPORT_TEST_PLUGS=$(PLUGS) $(GO) test -run '^TestPlugCycles$$' -v -timeout 30m ./cmd/homeport

# page tries the status page in a real Chromium, which it installs on Debian as root:
# each state, live progress, the key, narrow and dark, and an accessibility check when
# npm can fetch axe. SHOTS is a folder for screenshots.
SHOTS ?= 1
AXE   := $(CURDIR)/.cache/axe
page:
	@command -v chromium >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; }
	@if [ ! -f $(AXE)/package/axe.min.js ] && command -v npm >/dev/null; then \
	  mkdir -p $(AXE) && cd $(AXE) && npm pack --silent axe-core@4.14.1 >/dev/null && tar xzf axe-core-*.tgz package/axe.min.js || true; fi
	HOMEPORT_TEST_PAGE=$(SHOTS) HOMEPORT_TEST_AXE=$$(ls $(AXE)/package/axe.min.js 2>/dev/null) \
	  $(GO) test -run '^TestPage' -v -timeout 10m ./agent/status

# systemd lives through what a service does under a real systemd: install, a phone, a
# kill -9 in mid-run, reload, stop, uninstall, with the journal; the package for Debian
# installed, used, upgraded while it runs and removed in a clean root; and the service of
# a computer that nobody logs in to. It boots a Debian tree, which it makes once in CACHE
# (400 MB), and needs root, on Debian. SUITE=trixie does it with that Debian.
CACHE ?= .cache
SUITE ?= bookworm
TREE  := systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,libimobiledevice-utils,man-db,bash-completion,zsh,fish
systemd:
	@command -v debootstrap >/dev/null && command -v systemd-nspawn >/dev/null || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap systemd-container >/dev/null; }
	@tree=$(CACHE)/systemd-$(SUITE); test -d $$tree || { mkdir -p $(CACHE) && rm -rf $$tree.part && debootstrap --variant=minbase --include=$(TREE) \
	  $(SUITE) $$tree.part >/dev/null && mv $$tree.part $$tree; }
	HOMEPORT_TEST_SYSTEMD=$(abspath $(CACHE))/systemd-$(SUITE) $(GO) test -run 'UnderSystemd$$' -v -timeout 20m ./cmd/homeport
	HOMEPORT_TEST_SECURITY=1 $(GO) test -run '^TestUnitSecurity$$' -v ./configs/service

# wine lives through a person's first hour with the Windows program: settings, two
# backups, a check, the service of the account and that of the computer. wine 8 lacks one
# function that Go programs need, which is built from testdata/wine.
wine:
	@command -v wine >/dev/null && command -v x86_64-w64-mingw32-gcc >/dev/null || \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wine wine64 gcc-mingw-w64-x86-64-win32 >/dev/null; }
	@mkdir -p $(CACHE)
	x86_64-w64-mingw32-gcc -shared -O2 -o $(CACHE)/bcryptprimitives.dll testdata/wine/bcryptprimitives.c -ladvapi32
	HOMEPORT_TEST_WINE=$(abspath $(CACHE))/bcryptprimitives.dll $(GO) test -run '^TestWindowsUnderWine$$' -v -timeout 15m ./cmd/homeport

# monitoring has Prometheus' own programs, which it fetches on Debian without installing
# them, read what a daemon tells: promtool with the alert rules and their cases, a real
# node_exporter, a real Prometheus and each expression of the dashboard and of the rules.
monitoring:
	@mkdir -p $(CACHE)/monitoring
	@cd $(CACHE)/monitoring && if [ ! -x usr/bin/promtool ] || [ ! -x usr/bin/prometheus-node-exporter ]; then \
	  apt-get update -qq && apt-get download -qq prometheus prometheus-node-exporter && \
	  for f in prometheus*.deb; do dpkg-deb -x $$f . && rm $$f || exit 1; done; fi
	HOMEPORT_TEST_MONITORING=$(abspath $(CACHE))/monitoring/usr/bin $(GO) test -run '^TestMonitoring$$' -v -timeout 5m ./cmd/homeport

# fuzz runs every fuzz target for FUZZTIME; go test takes one at a time.
FUZZTIME ?= 20s
fuzz:
	@for pkg in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$f"; \
	    $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$pkg || exit 1; \
	  done; \
	done

# dist builds what people download into dist/: archives for the six targets, packages
# for Debian and Ubuntu, SHA256SUMS. Two builds of one commit are equal, which dist-check
# proves by making them in two places, the second from a clone, with nothing compiled
# before, as another account would have it: its home, its umask, its language and its
# time zone. Where lintian is installed it reads the packages. Some minutes.
EPOCH := $(shell git log -1 --format=%ct 2>/dev/null)
dist:
	$(GO) run ./cmd/dist -version '$(VERSION)' -epoch '$(EPOCH)' -out dist

dist-check:
	@test -z "$$(git status --porcelain)" || { echo "commit first: nobody else could build the same"; exit 1; }
	@began=$$(date +%s); $(MAKE) --no-print-directory dist && echo "the first: $$(($$(date +%s) - began)) s"
	@d=$$(mktemp -d); began=$$(date +%s); mkdir $$d/home && git clone -q . $$d/elsewhere && \
	  (umask 077; cd $$d/elsewhere && env HOME=$$d/home TZ=Pacific/Kiritimati LC_ALL=C GOCACHE=$$d/cache GOMODCACHE="$$($(GO) env GOMODCACHE)" GOPATH=$$d/go \
	    $(GO) run ./cmd/dist -version '$(VERSION)' -epoch '$(EPOCH)' -out dist >/dev/null) && \
	  cmp dist/SHA256SUMS $$d/elsewhere/dist/SHA256SUMS && (cd $$d/elsewhere/dist && sha256sum --quiet -c $(CURDIR)/dist/SHA256SUMS) && \
	  cat dist/SHA256SUMS && echo "the second: $$(($$(date +%s) - began)) s; two builds, equal sums"; \
	  code=$$?; chmod -R u+w $$d; rm -rf $$d; exit $$code
	@if command -v lintian >/dev/null; then lintian --allow-root --fail-on error,warning dist/*.deb && echo "lintian: nothing to say"; else echo "lintian is not installed; the packages were not read"; fi

clean:
	rm -rf bin dist .cache
