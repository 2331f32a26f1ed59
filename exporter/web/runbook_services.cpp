#include <array>

#include "exporter/web/runbook_sections.h"

namespace motoko::web {
namespace {

constexpr std::array<RunbookSection, 9> kSections = {{
    {"MotokoStorageSpaceLow",
     "Less is free than the configured least (min_available). Full means failed backups and failed writes.",
     R"html(<pre><code>df -h "$M"; df -i "$M"
sudo du -xh --max-depth=2 "$M" | sort -h | tail -20
sudo lsof -nP +L1 "$M"    # deleted, but still open</code></pre>
)html"_html,
     R"html(<ol>
<li>Delete or move what is not needed. Time Machine: remove old backups on the Mac (<code>tmutil delete</code>), so that it
gives the space back itself.</li>
<li>Give each Mac a bound in the share's section of <code>smb.conf</code>: <code>fruit:time machine max size = 4T</code>.</li>
<li>On a data disk, 5% are reserved for root: <code>sudo tune2fs -m 1 DEVICE</code> gives four fifths of that back.</li>
</ol>
)html"_html,
     R"html(<li>Delete single files inside a <code>.sparsebundle</code>: that breaks every backup in it.</li>
)html"_html},

    {"MotokoStorageSpaceFilling",
     "At the pace of the last hours the file system will be full before long. Nothing is broken yet.",
     R"html(<pre><code>df -h "$M"
sudo find "$M" -xdev -type f -mmin -360 -size +100M -printf '%TR %s %p\n' | sort
sudo smbstatus --shares --locks    # who writes</code></pre>
)html"_html,
     R"html(<p>Find the writer and decide whether it should. A first backup of a Mac is expected to be large: see that its whole size
fits. Otherwise as <a href="#MotokoStorageSpaceLow">MotokoStorageSpaceLow</a>.</p>
)html"_html,
     R"html(<li>Wait for it to be full: Time Machine does not clean up well when there is no space to work with.</li>
)html"_html},

    {"MotokoStorageShadowWrites",
     "Files lie in the bare directory under the mountpoint, on the root disk: something wrote there while the disk was "
     "not "
     "mounted. A mount hides them; they fill the root disk and are in no backup.",
     R"html(<pre><code>layers              # must be empty, or you look at the disk instead
sudo ls -la "$M"
df -h /             # how full the root disk is</code></pre>
<p>Where the disk is mounted over them:</p>
<pre><code>sudo mkdir -p /mnt/below &amp;&amp; sudo mount --bind / /mnt/below
sudo ls -la "/mnt/below$M"; sudo umount /mnt/below</code></pre>
)html"_html,
     R"html(<ol>
<li>Stop Samba, and see that nothing is mounted there: <code>sudo systemctl stop "$S"; layers</code></li>
<li>Move the files away: <code>sudo mv "$M" "$M.below" &amp;&amp; sudo mkdir "$M"</code> (after <code>sudo chattr -i "$M"</code> where it was
guarded).</li>
<li>Mount, start Samba: <a href="#MotokoStorageMountFailed">MotokoStorageMountFailed</a>, steps 5 and 6.</li>
<li>Compare with what is on the disk, copy what is only here, then delete the rest.</li>
<li>So that it cannot happen again: <code>sudo motokoctl guard</code> makes the bare directories immutable.</li>
</ol>
)html"_html,
     R"html(<li>Delete them unseen: they may be the only copy.</li>
<li>Merge the pieces of a <code>.sparsebundle</code> into the real one: let the Mac back up anew.</li>
)html"_html},

    {"MotokoSambaDown",
     "The main smbd process does not run, or does not answer an SMB2 handshake. No client reaches any share.",
     R"html(<pre><code>motokoctl check    # are the mounts good? Only then start Samba
systemctl status "$S"; journalctl -u "$S" -n 50
testparm -s
ss -ltnp 'sport = :445'</code></pre>
)html"_html,
     R"html(<ol>
<li>A mount is not good: Samba was stopped on purpose. Cure the mount first; a fix starts Samba by itself.</li>
<li>Mounts are good: <code>sudo systemctl restart "$S"</code>. If it does not stay up, the journal and <code>testparm</code> say why.</li>
<li>It runs but does not answer: look for <code>smbd</code> in state D, which is
<a href="#MotokoStorageUnresponsive">MotokoStorageUnresponsive</a>.</li>
</ol>
)html"_html,
     R"html(<li>Start Samba while a guarded mount is missing or dead: clients then fill the root disk.</li>
)html"_html},

    {"MotokoTimeMachineBackupOverdue", "A Mac has not completed a backup for longer than the configured age.",
     R"html(<p>On the server:</p>
<pre><code>motokoctl check
sudo find "$M" -maxdepth 4 -name 'com.apple.TimeMachine.*.plist' -printf '%TF %TR %p\n' | sort
sudo smbstatus    # is the Mac connected
df -h "$M"</code></pre>
<p>On the Mac:</p>
<pre><code>tmutil status; tmutil destinationinfo; tmutil latestbackup
log show --last 12h --predicate 'subsystem == "com.apple.TimeMachine"' | tail -50</code></pre>
)html"_html,
     R"html(<ol>
<li>The Mac slept, travelled or was off: connect it, <code>tmutil startbackup</code>.</li>
<li>"Failed to mount destination" or similar: the storage or Samba is not good; see their alerts.</li>
<li>No space: <a href="#MotokoStorageSpaceLow">MotokoStorageSpaceLow</a>.</li>
<li>The Mac wants a new backup: rename the old bundle first, and keep it until the new one is complete.</li>
</ol>
)html"_html,
     R"html(<li>Delete the bundle to "start afresh" before another backup is complete.</li>
<li>Edit the plists in the bundle to make the alert go away.</li>
)html"_html},

    {"MotokoRemediationFailed",
     "A fix ran and did not succeed. What it could not make safe it left stopped, Samba above all.",
     R"html(<pre><code>motokoctl history    # which step failed, and what is left stopped
journalctl -u motoko-fix -n 100
motokoctl check; motokoctl plan</code></pre>
)html"_html,
     R"html(<ol>
<li>Remove what stopped it: a process that holds the old file system, <code>e2fsck</code> with exit status 4 or more, a device that is
gone. Each has its section here.</li>
<li>See what it would do now, then let it: <code>sudo motokoctl fix --dry-run</code>, <code>sudo motokoctl fix</code></li>
</ol>
)html"_html,
     R"html(<li>Start Samba by hand to "get people working": it is stopped because a mount is not good.</li>
<li>Expect <code>--force</code> to overcome a refusal: it skips the waiting time and the circuit, never a refusal.</li>
)html"_html},

    {"MotokoRemediationCircuitOpen", "Several fixes in a row have failed, so Motoko tries no more by itself.",
     R"html(<pre><code>motokoctl history    # do they all fail at the same step?
motokoctl check; motokoctl plan</code></pre>
)html"_html,
     R"html(<ol>
<li>Cure the cause, as for <a href="#MotokoRemediationFailed">MotokoRemediationFailed</a>.</li>
<li>Try once by hand: <code>sudo motokoctl fix --force</code></li>
<li>Close the circuit: <code>sudo motokoctl reset</code></li>
</ol>
)html"_html,
     R"html(<li>Reset it without knowing why it opened: each further attempt stops Samba and works on a disk in trouble.</li>
)html"_html},

    {"MotokoExporterDown",
     "Prometheus cannot read Motoko's metrics. Nothing says that the storage is bad, and nothing says that it is good.",
     R"html(<pre><code>systemctl status motoko-exporter; journalctl -u motoko-exporter -n 50
curl -sS http://localhost:19520/-/healthy
motokoctl config check    # a bad configuration keeps it from starting
ss -ltnp 'sport = :19520'</code></pre>
)html"_html,
     R"html(<ol>
<li>It does not run: the journal's last line says why. Correct that, then <code>sudo systemctl restart motoko-exporter</code>.</li>
<li>It answers locally: firewall, address (<code>--web.listen-address</code>) or the target in Prometheus' configuration.</li>
<li>Until it is back: <code>motokoctl check</code> on the host.</li>
</ol>
)html"_html,
     R"html(<li>Silence it and go: while it is down, every other alert of Motoko's is blind.</li>
)html"_html},

    {"MotokoRemediatorDown",
     "The service that takes Alertmanager's calls does not answer: alerts start no fix. The timer still checks and "
     "fixes.",
     R"html(<pre><code>systemctl status motoko-remediator; journalctl -u motoko-remediator -n 50
curl -sS http://localhost:19521/-/healthy
systemctl list-timers 'motoko*'    # the other way in
motokoctl config check</code></pre>
)html"_html,
     R"html(<ol>
<li>The journal's last line says why it ended: configuration, bearer token file, port, a full disk under its history.</li>
<li><code>sudo systemctl restart motoko-remediator</code>; an interrupted run is taken up again by itself.</li>
<li>Until it is back: <code>sudo motokoctl fix</code></li>
</ol>
)html"_html,
     R"html(<li>Let it listen on all addresses without a bearer token to "see whether that helps".</li>
)html"_html},
}};

}  // namespace

std::span<const RunbookSection> service_sections() {
  return kSections;
}

}  // namespace motoko::web
