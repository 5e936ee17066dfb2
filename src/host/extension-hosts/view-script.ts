import type { ViewEntry } from "./confinement.ts";

/**
 * For sh(1), in a mount namespace of its own: makes the folder `$1` the root of a file system that has what the pairs behind
 * it name, up to `--`, and runs the rest there. Nothing of what is named may lie in `$1`.
 *
 * A chroot(2) is enough: who has no capabilities cannot leave it, and cannot make a user namespace in it to get some.
 */
export const VIEW_SCRIPT = `set -eu
umask 022
top=$1
shift
mount -t tmpfs -o mode=0755,size=1m,nosuid,nodev,noexec weir "$top"
while [ "$1" != -- ]; do
  kind=$1
  path=$2
  at=$top$path
  shift 2
  case $kind in
    link)
      mkdir -p "\${at%/*}"
      ln -s "$(readlink "$path")" "$at"
      continue
      ;;
    hidden)
      mount -t tmpfs -o ro,mode=0755,size=4k,nosuid,nodev,noexec weir "$at"
      continue
      ;;
  esac
  if [ -d "$path" ]; then
    mkdir -p "$at"
  elif [ ! -e "$at" ]; then
    mkdir -p "\${at%/*}"
    : > "$at"
  fi
  mount --bind "$path" "$at" || {
    echo "$path cannot be shown to it; a user may not show a folder in which other file systems are mounted" >&2
    exit 1
  }
  case $kind in
    read) mount -o remount,bind,ro,nosuid,nodev "$at" ;;
    write) mount -o remount,bind,nosuid,nodev "$at" ;;
  esac
done
shift
mount -o remount,bind,ro,nosuid,nodev,noexec "$top"
umask 077
cd "$top"
exec chroot "$top" "$@"
`;

/** The arguments of the script. */
export function viewArguments(
  mountPoint: string,
  view: readonly ViewEntry[],
  program: readonly string[],
): readonly string[] {
  return [mountPoint, ...view.flatMap(({ kind, path }) => [kind, path]), "--", ...program];
}
