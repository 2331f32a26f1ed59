#include "exporter/web/finding_words.h"

#include <algorithm>

namespace motoko::web {

const std::array<FindingWords, 18> kFindingWords = {{
    {"device_missing", "The disk is not connected.", "MotokoStorageDeviceMissing"},
    {"device_gone", "Mounted, but the device behind the mount is gone.", "MotokoStorageMountFailed"},
    {"wrong_device", "Another device is mounted here than fstab asks for.", "MotokoStorageMountFailed"},
    {"shutdown", "The file system has shut itself down: every access fails.", "MotokoStorageMountFailed"},
    {"io_error", "Reading fails with input/output errors.", "MotokoStorageMountFailed"},
    {"unresponsive", "The disk does not answer.", "MotokoStorageUnresponsive"},
    {"not_mounted", "Nothing is mounted here.", "MotokoStorageMountFailed"},
    {"stale_layer", "A dead mount lies in the stack at this path.", "MotokoStorageDuplicateMounts"},
    {"emergency_ro", "An error has made the file system read-only.", "MotokoStorageReadOnly"},
    {"read_only", "Mounted read-only, though fstab does not ask for it.", "MotokoStorageReadOnly"},
    {"smbd_down", "Samba does not serve: no client reaches its shares.", "MotokoSambaDown"},
    {"device_ambiguous", "More than one device carries the identity fstab asks for.", "MotokoStorageDeviceMissing"},
    {"detached_superblock", "A former mount of this file system is still held by a process.",
     "MotokoStorageMountFailed"},
    {"stacked", "Mounted more than once, one on top of the other.", "MotokoStorageDuplicateMounts"},
    {"shadowed_entries", "Files lie in the bare directory, on the disk below.", "MotokoStorageShadowWrites"},
    {"space_low", "Free space is running out.", "MotokoStorageSpaceLow"},
    {"kernel_errors", "The kernel has reported errors of this disk lately.", "MotokoStorageErrors"},
    {"backup_overdue", "A backup is overdue.", "MotokoTimeMachineBackupOverdue"},
}};

const FindingWords* find_words(std::string_view code) {
  const auto found = std::find_if(kFindingWords.begin(), kFindingWords.end(),
                                  [&](const FindingWords& words) { return words.code == code; });
  return found == kFindingWords.end() ? nullptr : &*found;
}

}  // namespace motoko::web
