#!/usr/bin/env bash
# compile.sh VERSION DIRECTORY: compiles the control plane's programs of any Kubernetes release, 1.37.2 for example, into a directory.
#
# The module beside this file pins one version with all its sums. This makes such a module for another one, from the release's own
# go.mod, so that the tests can run on it. What it needs from module proxies is checked against the public checksum database.
set -euo pipefail

version=$1 directory=$2
go=${GO:-go}
[[ $version =~ ^1\.([0-9]+)\.([0-9]+)$ ]] || { echo "compile.sh: $version is no release of Kubernetes; give one such as 1.37.2" >&2; exit 2; }
minor=${BASH_REMATCH[1]} patch=${BASH_REMATCH[2]}
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOWORK=off GOFLAGS=-mod=mod
modfile=$("$go" mod download -json "k8s.io/kubernetes@v$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
[ -n "$modfile" ] || { echo "compile.sh: there is no Kubernetes $version" >&2; exit 1; }
# Its staging modules are directories of the repository; the same sources are published under versions of their own.
{
	echo "module controlplane"
	grep -E '^(go|godebug|toolchain) ' "$modfile"
	echo "require k8s.io/kubernetes v$version"
	sed -n "s|^[[:space:]]*\(k8s.io/[a-z-]*\) => ./staging/.*|replace \1 => \1 v0.$minor.$patch|p" "$modfile"
} >go.mod
"$go" build -trimpath -o "$directory/" -ldflags "-s -w \
	-X k8s.io/component-base/version.gitVersion=v$version -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=$minor" \
	k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager k8s.io/kubernetes/cmd/kube-scheduler
