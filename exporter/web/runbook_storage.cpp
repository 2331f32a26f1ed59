#include <array>

#include "exporter/web/runbook_sections.h"

namespace motoko::web {
namespace {

constexpr std::array<RunbookSection, 6> kSections = {{
    {"MotokoStorageMountFailed",
     "Nothing usable is mounted there: either nothing at all, or a mount that is dead because its device is gone, is "
     "not the "
     "one fstab names, has shut down or cannot be read.",
     R"html(<pre><code>layers                   # no row: not mounted; shutdown or emergency_ro at the end: dead
findmnt --fstab "$M"     # what should be there
ls -l /dev/disk/by-uuid/ # is its UUID there, and on which device
ls /sys/dev/block/8:17   # a row's third field: no such file means its device is gone
journalctl -k --since -1h -g 'EXT4-fs|I/O error|USB disconnect'</code></pre>
)html"_html,
     R"html(<ol>
<li>Stop Samba, so that no client writes into the bare directory and no <code>smbd</code> holds the old mount:
<pre><code>sudo systemctl stop "$S"</code></pre></li>
<li>Detach every layer, until none is left:
<pre><code>while layers | grep -q .; do sudo umount -l "$M" || break; done
layers    # must print nothing</code></pre></li>
<li>See that nothing holds the old file system. While anything does, mounting the same device again gives the same dead
file system back, and <code>e2fsck</code> calls it in use:
<pre><code>ls /sys/fs/ext4/       # the old device here, but in no row of mountinfo: still held
sudo motokoctl plan    # names the processes that hold it
sudo grep -l " $M " /proc/[0-9]*/mountinfo    # held by a service's own mount namespace</code></pre></li>
<li>Where errors are recorded, check it. Exit status 0 and 1 are good, 4 and more are not: stop there.
<pre><code>D=$(findfs "$(findmnt --fstab -no SOURCE "$M")")    # UUID=... to today's device
sudo dumpe2fs -h "$D" | grep -iE 'state|error'
sudo e2fsck -p "$D" &lt;/dev/null; echo "exit status $?"</code></pre></li>
<li>Mount it as fstab says, and prove that it takes data:
<pre><code>sudo systemctl daemon-reload; sudo systemctl reset-failed
sudo mount "$M" &amp;&amp; layers    # exactly one row
f=$(sudo mktemp -p "$M") &amp;&amp; sudo dd if=/dev/zero of="$f" bs=4k count=1 conv=fsync
sudo rm -f "$f"</code></pre></li>
<li>Start Samba when every guarded mount is good again, and look once more after a while: systemd may unmount a fresh mount
that it still ties to the old device.
<pre><code>motokoctl check    # nothing critical left but Samba
sudo systemctl start "$S"; sleep 30; motokoctl check</code></pre></li>
</ol>
)html"_html,
     R"html(<li>Start the mount unit while a dead layer is there: it waits 90 seconds for the old device and fails.</li>
<li>Try <code>mount -o remount</code>: it does not bring a dead file system back.</li>
<li>Start Samba first and mount later: sessions that began on the bare directory go on writing there.</li>
)html"_html},

    {"MotokoStorageDeviceMissing",
     "No block device carries the identity that fstab asks for, or more than one does. No fix can cure that: a person "
     "has to "
     "connect, power or tell apart disks.",
     R"html(<pre><code>findmnt --fstab "$M"    # the identity asked for
lsblk -o NAME,SIZE,FSTYPE,UUID,MODEL,SERIAL
ls /dev/disk/by-id/ | grep -i usb
journalctl -k --since -1h -g 'usb|sd[a-z]'</code></pre>
<p>The status page says which disk it is, where the configuration does (<code>disk:</code>).</p>
)html"_html,
     R"html(<ol>
<li><strong>Not there:</strong> power, cable, another port, another enclosure. When it is back, and has not mounted by itself, go on with
<a href="#MotokoStorageMountFailed">MotokoStorageMountFailed</a>.</li>
<li><strong>There, but without its UUID</strong> (<code>lsblk</code> shows the disk, but no file system): do not write to it.
<code>sudo smartctl -a /dev/sdX</code>, then copy what reads with <code>ddrescue</code>.</li>
<li><strong>There twice:</strong> a clone or a snapshot is attached. Disconnect the copy. If both must stay, find the copy by its
serial number, make sure that it is mounted nowhere, and give it another identity: <code>sudo tune2fs -U random /dev/sdY1</code>.</li>
</ol>
)html"_html,
     R"html(<li>Mount either of two devices with the same UUID by its device name "just to look".</li>
<li>Put a file system on a disk that merely looks empty.</li>
)html"_html},

    {"MotokoStorageDuplicateMounts",
     "Several mounts lie on top of each other at one path. Only the top one is reached; programs that opened files "
     "before "
     "still use the ones below, and a dead one below keeps its device busy.",
     R"html(<pre><code>layers                     # one row each, bottom to top
grep -n "$M" /etc/fstab    # listed twice?
systemctl list-units --all --type=mount | grep "$M"</code></pre>
)html"_html,
     R"html(<ol>
<li><strong>All rows show one healthy file system</strong> (same third field): take off what is too much, one by one, and
stop at one row. Samba may stay up.
<pre><code>sudo umount "$M" || sudo umount -l "$M"; layers</code></pre></li>
<li><strong>Any row is dead or shows another device:</strong> take all off and mount afresh, as in
<a href="#MotokoStorageMountFailed">MotokoStorageMountFailed</a>, steps 1 to 6.</li>
</ol>
)html"_html,
     R"html(<li>Unmount in a loop while Samba runs: once the last layer is off, clients write to the root disk.</li>
)html"_html},

    {"MotokoStorageReadOnly",
     "The file system takes no writes though fstab asks for them: ext4 made it read-only after an error, or somebody "
     "mounted "
     "it so.",
     R"html(<pre><code>layers    # at the end ro or emergency_ro; kernels before 6.15 may say rw all the same
journalctl -k -g 'Remounting filesystem read-only|Aborting journal|EXT4-fs error'
grep -H . /sys/fs/ext4/sdX1/{errors_count,last_error_time,last_error_func}
sudo smartctl -H -A /dev/sdX    # with -d sat behind many USB bridges</code></pre>
)html"_html,
     R"html(<p>It was an error: the file system has to be unmounted, checked and mounted again. That is
<a href="#MotokoStorageMountFailed">MotokoStorageMountFailed</a>, steps 1 to 6, with <code>e2fsck -p</code> in any case.
If the log or SMART blame the disk, copy the data off before anything else.</p>
<p>Somebody asked for it, and no error is recorded: <code>sudo mount -o remount,rw "$M"</code>.</p>
)html"_html,
     R"html(<li>Remount read-write after an error: newer kernels refuse it, older ones go on with a damaged journal.</li>
<li>Silence the space alert because "nothing can be written anyway".</li>
)html"_html},

    {"MotokoStorageUnresponsive",
     "The disk does not answer within the deadline. Programs that touch it wait in state D, which not even SIGKILL "
     "ends.",
     R"html(<p>Without touching the disk:</p>
<pre><code>ps -eo pid,stat,wchan:24,comm | awk '$2 ~ /^D/'
journalctl -k --since -1h -g 'reset|timeout|timed out|offline|I/O error'
cat /sys/block/sdX/device/state /sys/block/sdX/inflight</code></pre>
)html"_html,
     R"html(<ol>
<li>Wait a minute: a disk that slept takes up to half a minute, and a hung one often recovers by itself.</li>
<li>Then cut its power or pull its cable, and connect it again. The waiting programs get input/output errors and end.</li>
<li>Go on with <a href="#MotokoStorageMountFailed">MotokoStorageMountFailed</a>.</li>
<li>Where it cannot be pulled: <code>sync -f</code> on each healthy file system, then restart the host. If that hangs while
unmounting, <code>sudo systemctl reboot --force</code>.</li>
</ol>
)html"_html,
     R"html(<li>Run <code>df</code>, <code>lsof</code>, <code>fuser</code>, <code>lsblk</code>, <code>sync</code> or <code>umount</code>
on it: each hangs too, and cannot be ended.</li>
<li>Start the same command again and again.</li>
)html"_html},

    {"MotokoStorageErrors",
     "The kernel has lately reported ext4 errors, ext4 warnings or I/O errors of this file system or its disk. It may "
     "still "
     "work; it rarely stays so.",
     R"html(<pre><code>journalctl -k --since -1h -g 'EXT4-fs|I/O error|error, dev'
grep -H . /sys/fs/ext4/sdX1/{errors_count,warning_count,first_error_time,last_error_time}
sudo smartctl -a /dev/sdX    # Reallocated, Pending, Uncorrectable, CRC</code></pre>
<p>The log is rate-limited, the counters are not. <code>errors_count</code> stays until <code>e2fsck</code> has run.</p>
)html"_html,
     R"html(<ol>
<li><strong>Resets, disconnects, CRC errors:</strong> cable, port, hub, power supply. Change one at a time.</li>
<li><strong>Medium errors, pending or reallocated sectors that grow:</strong> copy the data off now, then replace the disk.</li>
<li><strong>ext4 errors on a good disk:</strong> unmount and check: <a href="#MotokoStorageMountFailed">MotokoStorageMountFailed</a>,
steps 1 to 6, with <code>sudo e2fsck -f -p</code>. Exit status 4 or more: make an image before you repair with <code>-y</code>.</li>
</ol>
)html"_html,
     R"html(<li>Treat <code>error -5 reading directory block</code> as harmless because it is only a "warning": it means the disk did not
give the directory.</li>
)html"_html},
}};

}  // namespace

std::span<const RunbookSection> storage_sections() {
  return kSections;
}

}  // namespace motoko::web
