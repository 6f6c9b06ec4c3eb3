#!/usr/bin/env bash
# Run ansible-test sanity on the collection as it is built from the files that git tracks.
# Arguments go to ansible-test, for example: tests/sanity/run.sh --test validate-modules
#
# Needs ansible-core on PATH (the environment of `make`) and, until ansible-test has its virtual
# environments in ~/.ansible/test, the Python package index.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
collection=$work/ansible_collections/baremetal/sglang

build_collection() {
  mkdir -p "$work/source" "$collection"
  (cd "$root" && git ls-files -z | while IFS= read -r -d '' file; do
    if [[ -e $file ]]; then printf '%s\0' "$file"; fi
  done | tar --null --files-from=- --create) | tar --extract --directory "$work/source"
  ansible-galaxy collection build "$work/source" --output-path "$work" >/dev/null
  tar --extract --file "$work"/*.tar.gz --directory "$collection"
  mkdir -p "$collection/tests"
  cp "$root/tests/config.yml" "$collection/tests/"
}

# ansible-test fetches the script that bootstraps pip from a host of its own unless it finds one.
place_get_pip() {
  local requirements version cache=$HOME/.ansible/test/cache
  requirements=$(python -c 'import ansible_test, os; print(os.path.dirname(ansible_test.__file__))')
  mkdir -p "$cache"
  grep --only-matching --perl-regexp "pip='\K[0-9.]+" \
    "$requirements/_internal/python_requirements.py" | sort --unique | while read -r version; do
    cp --no-clobber "$root/tests/sanity/get_pip.py" "$cache/get_pip_${version//./_}.py"
  done
}

# Interpreters that start, without a version manager's wrappers that only say that they cannot.
link_interpreters() {
  local version candidate
  mkdir "$work/python"
  for version in 3.9 3.10 3.11 3.12 3.13; do
    for candidate in "$(command -v "python$version" || true)" \
      "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version".*/bin/"python$version"; do
      if [[ -x $candidate ]] && "$candidate" -c '' 2>/dev/null; then
        ln -s "$("$candidate" -c 'import sys; print(sys.executable)')" "$work/python/python$version"
        break
      fi
    done
  done
}

build_collection
place_get_pip
link_interpreters
ansible_bin=$(dirname "$(command -v ansible-test)")
cd "$collection"
shown='^(Running|WARNING|ERROR|FATAL|See|[a-z-]+( --python [0-9.]+)?$)'
set +e
PATH=$ansible_bin:$work/python:/usr/bin:/bin ansible-test sanity --local --color no "$@" 2>&1 |
  tee "$work/log" | grep --line-buffered --extended-regexp "$shown"
status=${PIPESTATUS[0]}
set -e
if ((status)); then
  if ! grep --quiet '^ERROR' "$work/log"; then tail -n 20 "$work/log"; fi
  echo "sanity: failed"
else
  echo "sanity: $(grep --count '^Running' "$work/log") tests passed"
fi
exit "$status"
