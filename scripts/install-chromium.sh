#!/usr/bin/env bash
# Installs Debian's Chromium, which the browser tests drive, where it is missing. Needs root.
set -euo pipefail

if [ -x /usr/bin/chromium ]; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "Chromium is missing at /usr/bin/chromium, and only root on Debian can be helped here: please install it." >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends chromium >/dev/null
/usr/bin/chromium --version
