#!/usr/bin/env bash
# Installs one part of what the project needs: python (into $VENV), node, clients (what the client in TypeScript is built
# with) and oasdiff, inside the project's folder; firestore, an emulator if there is none; chromium and firefox, for the
# tests of the pages, the system's own. `make` calls it with the part and its inputs, when these have changed.
# `local/setup.sh find 3.13` prints where a Python of that version is.
#
# PYTHON, in the environment or on make's command line, is the Python that the virtual environment is made with. One that
# the command line names must do; one that just stands in the environment may be for something else, and may not.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV # they lead pip out of the environment

VENV=${VENV:-.local/venv}
STAMPS=.local/stamps

fail() { printf 'make setup: %s\n' "$*" >&2; exit 1; }

why_not() { # why a Python cannot be used; nothing if it can
    "$1" - <<'PY' 2>/dev/null || echo "does not run"
import sys
if sys.version_info < (3, 11):
    print("is Python %d.%d" % sys.version_info[:2])
else:
    try:
        import ensurepip, venv
    except ImportError:
        print("lacks its venv module (Debian: apt-get install python3-venv)")
PY
}

whence() { "$1" -c 'import sys; print(sys.base_prefix, sys.version)' 2>/dev/null; }

is_asked_for() { [ "${PYTHON_ORIGIN:-}" = "command line" ]; }

find_python() {
    local candidate reason reasons=""
    if [ -n "${PYTHON:-}" ]; then
        reason=$(why_not "$PYTHON")
        if [ -z "$reason" ]; then echo "$PYTHON"; return; fi
        if is_asked_for; then fail "Python 3.11 or newer is needed; PYTHON=$PYTHON $reason."; fi
        echo "PYTHON=$PYTHON, of the environment, $reason; another one is taken." >&2
    fi
    for candidate in python3 python3.11 python3.12 python3.13 python3.14; do
        type -P "$candidate" >/dev/null || continue
        reason=$(why_not "$candidate")
        if [ -z "$reason" ]; then echo "$candidate"; return; fi
        reasons+=" $candidate $reason."
    done
    fail "Python 3.11 or newer with its venv module is needed.${reasons:- There is no python3.}" \
        "If it has an unusual name: make setup PYTHON=/path/to/python3"
}

find_version() { # a Python of one version, under the names that systems and version managers give it
    local candidate
    for candidate in "python$1" ~/.pyenv/versions/"$1"*/bin/python ~/.asdf/installs/python/"$1"*/bin/python \
        "${XDG_DATA_HOME:-${HOME:-}/.local/share}"/{mise/installs/python/"$1"*,uv/python/cpython-"$1"*}/bin/python \
        /opt/homebrew/opt/python@"$1"/bin/python"$1" /usr/local/opt/python@"$1"/bin/python"$1" \
        /opt/python/"$1"*/bin/python; do
        if [ -z "$(why_not "$candidate")" ] && [[ $(whence "$candidate") == *" $1."* ]]; then
            echo "$candidate"
            return
        fi
    done
    fail "There is no Python $1 with its venv module on this machine."
}

fits_environment() { # it works, and is of the Python that was asked for
    [ -z "$(why_not "$1/bin/python")" ] || return 1
    ! is_asked_for || [ "$(whence "$PYTHON")" = "$(whence "$1/bin/python")" ]
}

make_environment() { # FOLDER, then the locks of the packages in it
    local folder=$1 python lock_file locks=()
    shift
    if ! fits_environment "$folder"; then
        python=$(find_python)
        rm -rf "$folder"
        "$python" -m venv "$folder"
    fi
    echo "Installing the Python packages into $folder (a minute or two the first time)"
    for lock_file in "$@"; do locks+=(-r "$lock_file"); done
    env -u PYTHONDONTWRITEBYTECODE "$folder/bin/python" -m pip install --quiet \
        --disable-pip-version-check --require-hashes "${locks[@]}"
}

fits_python() { fits_environment "$VENV"; }

setup_python() {
    make_environment "$VENV" requirements.txt requirements-dev.txt
    ln -sf "$PWD/support/calliente" "$VENV/bin/calliente"
}

fits_deploy() { [ -z "$(why_not .local/deploy/bin/python)" ]; }

setup_deploy() { # an environment of its own: Pulumi needs an older protobuf than what is deployed
    local python
    if ! fits_deploy; then
        python=$(find_python)
        rm -rf .local/deploy
        "$python" -m venv .local/deploy
    fi
    echo "Installing Pulumi's packages into .local/deploy (a minute the first time)"
    .local/deploy/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r requirements-deploy.txt
}

fits_node() { [ -x local/node_modules/.bin/firebase ]; }

require_node() {
    local version
    version=$(node --version 2>/dev/null) || fail "Node.js 20 or newer is needed."
    version=${version#v}
    [ "${version%%.*}" -ge 20 ] || fail "Node.js 20 or newer is needed; this is $version."
}

setup_node() {
    require_node
    echo "Installing the Firebase tools into local/node_modules (a minute the first time)"
    npm ci --prefix local --ignore-scripts --include=dev --no-audit --no-fund --loglevel=error ||
        fail "npm could not install the Firebase tools; what it says is above."
}

setup_firestore() { "$VENV/bin/python" -m local.emulators --install; }

OASDIFF=v1.37.0

fits_oasdiff() { [ -x .local/bin/oasdiff ]; }

setup_oasdiff() { # Go's own checksum database vouches for it
    type -P go >/dev/null || fail "comparing API descriptions needs Go 1.24 or newer (Debian: apt-get install golang)."
    echo "Installing oasdiff into .local/bin (a few minutes the first time)"
    GOBIN="$PWD/.local/bin" go install "github.com/oasdiff/oasdiff@$OASDIFF" ||
        fail "go could not install oasdiff; what it says is above."
}

fits_clients() { [ -x clients/typescript/node_modules/.bin/tsc ]; }

setup_clients() {
    require_node
    echo "Installing what the client in TypeScript is built and tested with (half a minute the first time)"
    npm ci --prefix clients/typescript --ignore-scripts --include=dev --no-audit --no-fund --loglevel=error ||
        fail "npm could not install the client's packages; what it says is above."
}

has_one_of() { [ -n "$(type -P "$@" || true)" ]; }

apt_install() { # as root on Debian; what it says if it fails is shown
    [ "$(id -u)" = 0 ] && type -P apt-get flock >/dev/null || return 0
    echo "Installing $1 (a minute)"
    exec 8>/var/cache/calliente-set-up.lock # apt-get update does not wait for another one
    flock 8
    apt-get update -qq || true # old lists may do
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=300 \
        --no-install-recommends "$@" >/dev/null || true
    exec 8>&-
}

fits_chromium() { has_one_of ${CHROMIUM:-chromium chromium-browser google-chrome google-chrome-stable}; }

setup_chromium() {
    fits_chromium || apt_install chromium fonts-dejavu
    fits_chromium || fail "the tests of the pages need Chromium (Debian: apt-get install chromium)." \
        "If one is there under another name: CHROMIUM=/path/to/it. Everything else works without."
}

fits_firefox() { has_one_of ${FIREFOX:-firefox-esr firefox}; }

setup_firefox() {
    fits_firefox || apt_install firefox-esr fonts-dejavu
    fits_firefox || fail "the tests of the pages need Firefox (Debian: apt-get install firefox-esr)." \
        "If one is there under another name: FIREFOX=/path/to/it. Everything else works without."
}

is_done() { # the part is there, and its stamp is newer than each of the inputs; without inputs there is no telling
    local input
    [ -e "$stamp" ] && [ $# -gt 0 ] || return 1
    for input in "$@"; do [ "$stamp" -nt "$input" ] || return 1; done
    [ "$(type -t "fits_$part")" != function ] || "fits_$part"
}

part=$1
shift
if [ "$part" = find ]; then find_version "$1"; exit; fi
case $part in # python's and node's stamps go with what they vouch for
    python) stamp=$VENV/.complete lock=$STAMPS/.${VENV##*/}.lock ;;
    deploy) stamp=.local/deploy/.complete lock=$STAMPS/.deploy.lock ;;
    node) stamp=local/node_modules/.complete lock=$STAMPS/.node.lock ;;
    clients) stamp=clients/typescript/node_modules/.complete lock=$STAMPS/.clients.lock ;;
    *) stamp=$STAMPS/$part lock=$STAMPS/.$part.lock ;;
esac
mkdir -p "$STAMPS"
if type -P flock >/dev/null; then # one set-up of a part at a time; the lock goes with the process
    exec 9>"$lock"
    if ! flock --nonblock 9; then
        echo "Another set-up of $part is running; waiting for it"
        flock 9
    fi
fi
if is_done "$@"; then exit 0; fi
rm -f "$stamp" # what is half done must not look done
"setup_$part"
touch "$stamp"
