# shellcheck shell=bash
# SPDX-License-Identifier: AGPL-3.0-or-later
# The npm package "smpp", the SMSC of several tests: fetched once per build folder, where the tests run. Sourced by bash.

# Usage: npm_smpp FOLDER, where package.json and package-lock.json are. Sets NODE_PATH; false when the package is not available.
npm_smpp() {
	local folder=$PWD/tests/npm

	command -v node >/dev/null && command -v npm >/dev/null && mkdir -p "$folder" || return 1
	(
		flock 9
		[[ ! -f $folder/done ]] || exit 0
		# if one test could not reach the registry, the others need not try
		[[ -z $(find "$folder" -name failed -mmin -10) ]] || exit 1
		cp "$1"/package{,-lock}.json "$folder"
		cd "$folder"
		if timeout 60 npm ci --no-audit --no-fund --silent --fetch-retries 0 >npm.log 2>&1; then
			touch "done"
		else
			touch failed
			exit 1
		fi
	) 9>"$folder/lock" || return 1
	export NODE_PATH=$folder/node_modules
}
