#include "exporter/remediation/intention.h"

namespace motoko::remediation {

std::string intention_of(const StepRecord& imagined) {
  if (imagined.outcome == StepOutcome::skipped) return imagined.detail;
  if (imagined.outcome != StepOutcome::done) return "would fail: " + imagined.detail;
  switch (imagined.name) {
    case StepName::stop_samba:
      return "would stop Samba and wait until no smbd is left";
    case StepName::detach_layers:
    case StepName::mount:
      return "would end with: " + imagined.detail;
    case StepName::release_holders:
      return "would wait until nothing holds the dead file system any more";
    case StepName::check_filesystem:
      return "would run e2fsck -p";
    case StepName::verify_mount:
      return "would read, and write, sync and remove an unnamed file";
    case StepName::start_samba:
      return "would start Samba if every guarded mount is healthy";
    case StepName::verify_samba:
      return "would wait until smbd answers, and list the shares";
    case StepName::settle:
      return "would look at everything again a while later";
  }
  return imagined.detail;
}

}  // namespace motoko::remediation
