#!/bin/sh
# Makes the environments that the make targets need: tools/setup.sh NAME...
#   dev        .venv                the code, its tests, the laptop stack
#   ministack  .tools/ministack     the AWS emulator, away from the code's packages
#   sam        .tools/sam           AWS SAM CLI, which pins its own boto3 and pydantic
#   bench      benchmarks/.peers/python  what `make bench` compares with, and matplotlib
#   checkov    .tools/checkov      security rules for the template, with older packages than ours
#   lambda     .tools/lambda        what Lambda's Python runtime has: its interface client and boto3
#   axe        .tools/axe           axe-core, with which tests check pages; needs npm
# An environment is made again only when its lock file or the interpreter changed.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true; }

find_python() {
    for version in 3.13 3.14 3.12 3.11; do
        for candidate in "python$version" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/python \
                "$HOME"/.local/share/uv/python/cpython-"$version".*/bin/python python3 python; do
            if [ "$(version_of "$candidate")" = "$version" ]; then
                "$candidate" -c 'import sys; print(sys.executable)'
                return
            fi
        done
    done
    die "no Python 3.11, 3.12, 3.13 or 3.14 found; install one (3.13 is what runs on Lambda) and run make again."
}

# Runs a command quietly; if it fails, shows the end of what it said under one sentence.
quietly() {
    sentence=$1; shift
    mkdir -p .tools
    log=.tools/setup.log
    if ! "$@" >"$log" 2>&1; then
        tail -n 5 "$log" | sed 's/^/  | /' >&2
        die "$sentence"
    fi
}

python=${PYTHON:-$(find_python)}
version=$(version_of "$python")
case $version in
    3.11|3.12|3.13|3.14) ;;
    *) die "PYTHON=$python is not a Python 3.11 to 3.14." ;;
esac

checksum() { cat "$@" | cksum | tr ' ' '-'; }

uv=$PWD/.tools/uv/bin/uv
uv_stamp="$version $(checksum requirements/uv.txt)"
if [ "$(cat .tools/uv/stamp 2>/dev/null)" != "$uv_stamp" ]; then
    [ "$version" = 3.13 ] || [ -n "${PYTHON:-}" ] || say "no Python 3.13 found (what Lambda runs); taking $version, which the code supports too."
    rm -rf .tools/uv
    quietly "$python cannot make virtual environments; install its venv module (on Debian: apt install python3-venv)." \
        "$python" -m venv .tools/uv
    quietly "uv could not be downloaded; check the connection to your Python package index and run make again." \
        .tools/uv/bin/python -m pip install --require-hashes -r requirements/uv.txt
    printf '%s\n' "$uv_stamp" >.tools/uv/stamp
fi

for name in "$@"; do
    if [ "$name" = axe ]; then
        axe_stamp=$(checksum requirements/axe/package-lock.json)
        [ "$(cat .tools/axe/stamp 2>/dev/null)" != "$axe_stamp" ] || continue
        command -v npm >/dev/null || die "there is no npm, which installs axe-core; install Node.js."
        rm -rf .tools/axe
        mkdir -p .tools/axe
        cp requirements/axe/package.json requirements/axe/package-lock.json .tools/axe
        quietly "axe-core could not be downloaded; check the connection to your npm registry and run it again." \
            npm ci --prefix .tools/axe --ignore-scripts --no-audit --no-fund
        printf '%s\n' "$axe_stamp" >.tools/axe/stamp
        continue
    fi
    case $name in
        dev) target=.venv ;;
        checkov|lambda|ministack|sam) target=.tools/$name ;;
        bench) target=benchmarks/.peers/python ;;
        *) die "unknown environment '$name'; there are axe, bench, checkov, dev, lambda, ministack and sam." ;;
    esac
    lock=requirements/$name.txt
    stamp="$python $(checksum "$lock")"
    [ "$(cat "$target/stamp" 2>/dev/null)" != "$stamp" ] || continue
    say "making $target from $lock ..."
    quietly "$target could not be made with $python." \
        "$uv" venv --quiet --clear --no-python-downloads --python "$python" "$target"
    quietly "the packages of $lock could not be installed; check the connection to your Python package index and run make again." \
        "$uv" pip sync --quiet --require-hashes --python "$target/bin/python" "$lock"
    printf '%s\n' "$stamp" >"$target/stamp"
done

# pushctl from the source, for a clone: `.venv/bin/pushctl`, in whatever folder it is called.
if [ -x .venv/bin/python ]; then
    {
        printf '#!/bin/sh\nroot=%s\n' "'$(printf '%s' "$PWD" | sed "s/'/'\\\\''/g")'"
        printf 'PYTHONPATH="$root:$root/layers/core" exec "$root/.venv/bin/python" -m pushctl "$@"\n'
    } >.venv/bin/pushctl
    chmod +x .venv/bin/pushctl
fi
