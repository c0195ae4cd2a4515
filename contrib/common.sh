# shellcheck shell=bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# Shared by the scripts in this folder: packages, messages and the build. Sourced by bash with "set -euo pipefail".

# shellcheck disable=SC2034 # used by the scripts that source this
build_packages=(autoconf automake gcc libc6-dev make pkg-config libosmocore-dev libconfig-dev libsqlite3-dev libsodium-dev
	libgnutls28-dev libcurl4-openssl-dev libmicrohttpd-dev libjansson-dev libcrypt-dev libcmocka-dev)
hlr_packages=(osmo-hlr sqlite3)
check_packages=(clang curl libclang-rt-14-dev cppcheck shellcheck tshark xz-utils openssl python3 python3-yaml libnet-smpp-perl osmo-msc valgrind)

say() {
	printf '%s\n' "$*" >&2
}

fail() {
	say "$0: $*"
	exit 1
}

as_root() {
	if ((EUID == 0)); then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "packages are missing: run this as root, or install sudo"
	fi
}

# Install the missing ones of the given Debian packages. If none is missing, this needs neither root nor network.
install_missing() {
	local package missing=()

	for package; do
		if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
			missing+=("$package")
		fi
	done
	((${#missing[@]})) || return 0
	say "Installing ${missing[*]}"
	as_root apt-get update -qq >&2
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >&2
}

# Run a command with its output in a file; show the end of the file if the command fails. Usage: logged FILE COMMAND...
logged() {
	local log=$1

	shift
	if ! "$@" >>"$log" 2>&1 </dev/null; then
		tail -n 60 "$log" >&2
		say "Failed: $*"
		say "All of its output is in $log"
		return 1
	fi
}

# Make ./configure if it is missing or older than its sources. Usage: prepare_source LOG
prepare_source() {
	if [[ ! -x configure || configure.ac -nt configure || Makefile.am -nt Makefile.in ]]; then
		say "Preparing the source"
		logged "$1" autoreconf -fi
	fi
}

# Configure in a separate folder. Usage: configure_in FOLDER ARGUMENT...
configure_in() {
	local folder=$1 source=$PWD

	shift
	mkdir -p "$folder"
	: >"$folder/build.log"
	prepare_source "$folder/build.log" || return
	[[ -f $folder/config.status && ! configure -nt $folder/config.status ]] && return
	say "Configuring $folder"
	(cd "$folder" && logged build.log "$source/configure" -q "$@")
}
