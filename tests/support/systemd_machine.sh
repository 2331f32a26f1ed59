#!/usr/bin/env bash
# Boots this host's systemd as the first process of a machine of its own, for tests. Run by SystemdMachine, as root, in
# a private mount namespace, until the machine ends or this process is killed:
#   systemd_machine.sh WORK_DIRECTORY READABLE_DIRECTORY...
# WORK_DIRECTORY/files is copied over the machine's root, and WORK_DIRECTORY/pid says which process its systemd is. The
# READABLE_DIRECTORYs show inside by their paths, should the overlay miss them as being on another file system.
#
# Nothing of the host is written to, but for a cgroup: the machine's root is an overlay whose upper layer is a tmpfs;
# /dev, /run and /tmp are its own; /proc/sys is read-only. Its /dev has no disks but those that the test makes nodes
# for, so that its udevd touches no other.
#
# systemd must not find out that it is in namespaces: in a container systemd-fstab-generator ignores every line with a
# device. systemd 252 (src/basic/virt.c) looks at the variable "container", /.dockerenv, /run/host/container-manager and
# for a cgroup namespace.
set -euo pipefail

make_root() { # WORK_DIRECTORY READABLE_DIRECTORY...
  local work=$1 root=$1/root directory unit
  shift
  mount -t tmpfs -o mode=755,size=1g motoko-test "$work/layers"
  mkdir "$work/layers/upper" "$work/layers/work"
  mount -t overlay -o "lowerdir=/,upperdir=$work/layers/upper,workdir=$work/layers/work" motoko-test "$root"
  # What /etc enables is the host's business: the machine starts what machine.target wants.
  for directory in etc/systemd/system run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$directory"; done
  chmod 1777 "$root/tmp"
  for directory in "$@"; do
    [ -d "$directory" ] || continue # nothing built yet
    mkdir -p "$root$directory"
    mount --bind "$directory" "$root$directory"
    mount -o remount,bind,ro "$root$directory"
  done
  # Where /dev is no devtmpfs and this is not there yet, PID 1 takes it that there will be no udev, and never listens to
  # it (sd_device_monitor_new_full). The socket unit replaces the file.
  mkdir "$root/run/udev"
  : >"$root/run/udev/control"
  rm -f "$root/.dockerenv"
  : >"$root/etc/fstab"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  for unit in timers.target getty.target systemd-{logind,timesyncd,firstboot,sysusers,update-utmp}.service \
    systemd-{udev-trigger,hwdb-update,random-seed,sysctl,binfmt,modules-load,pstore}.service \
    {keyboard,console}-setup.service systemd-ask-password-{console,wall}.path tmp.mount dev-hugepages.mount \
    sys-kernel-{debug,tracing,config}.mount proc-sys-fs-binfmt_misc.automount; do
    ln -s /dev/null "$root/etc/systemd/system/$unit"
  done
  cat >"$root/etc/systemd/system/machine.target" <<'UNIT'
[Unit]
Requires=basic.target dbus.service systemd-udevd.service
After=basic.target dbus.service systemd-udevd.service
UNIT
  ln -s machine.target "$root/etc/systemd/system/default.target"
  cp -R --no-preserve=ownership "$work/files/." "$root/"
}

make_proc_and_dev() { # WORK_DIRECTORY
  local root=$1/root path
  mount -t proc proc "$root/proc"
  echo 'systemd.show_status=no systemd.log_target=journal' >"$1/layers/cmdline" # not to the host's kernel log
  mount --bind "$1/layers/cmdline" "$root/proc/cmdline"
  for path in sys sysrq-trigger; do
    [ -e "$root/proc/$path" ] || continue
    mount --bind "$root/proc/$path" "$root/proc/$path"
    mount -o remount,bind,ro "$root/proc/$path"
  done
  mount -t sysfs sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mknod -m 666 "$root/dev/null" c 1 3
  mknod -m 666 "$root/dev/zero" c 1 5
  mknod -m 666 "$root/dev/full" c 1 7
  mknod -m 666 "$root/dev/random" c 1 8
  mknod -m 666 "$root/dev/urandom" c 1 9
  mknod -m 666 "$root/dev/tty" c 5 0
  mknod -m 644 "$root/dev/kmsg" c 1 11
  mknod -m 600 "$root/dev/console" c 1 3 # what is written there is lost
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
}

boot() { # WORK_DIRECTORY CGROUP READABLE_DIRECTORY...: in the new namespaces, as the first process
  local work=$1 cgroup=$2 pid
  shift 2
  exec 3>&-
  mount --make-rprivate /
  make_root "$work" "$@"
  make_proc_and_dev "$work"
  hostname motoko-test
  # systemd takes the cgroup that it starts in for the root of its tree. 0: this process.
  mkdir "$cgroup"
  echo 0 >"$cgroup/cgroup.procs"
  read -r pid _ </proc/self/stat # this procfs is still the host's, and so is the number
  cd "$work/root"
  echo "$pid" >"$work/pid"
  pivot_root . .
  umount -l .
  cd /
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    setpriv --bounding-set=-sys_time,-sys_module /lib/systemd/systemd
}

remove_cgroup() { # DIRECTORY: it is busy until the kernel has ended the last process
  local attempt
  for ((attempt = 0; attempt < 100; attempt++)); do
    find "$1" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ -d "$1" ] || return 0
    sleep 0.05
  done
}

if [ "$1" = --boot ]; then
  shift
  boot "$@"
fi

work=$1
shift
mkdir "$work"/{layers,root,cgroups}
mount -t cgroup2 cgroup2 "$work/cgroups"
own=$(sed -n 's/^0:://p' /proc/self/cgroup)
own=$work/cgroups${own%/}
cgroup=$own/${work##*/}
# Reads until unshare has ended, also where this process was killed.
exec 3> >(cat; remove_cgroup "$cgroup")
setpriv --pdeathsig KILL unshare --mount --pid --net --uts --ipc --fork --kill-child=KILL \
  "$0" --boot "$work" "$cgroup" "$@" || true
exec 3>&-
wait
