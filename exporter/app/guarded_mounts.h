// Joins the configuration with fstab: which mountpoints are guarded, and what each should be.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/config/load_config.h"
#include "exporter/observation/guarded_mount.h"
#include "exporter/sources/mount_tables.h"

namespace motoko::app {

/// The mounts of the configuration, or, where it names none, every fstab entry named by UUID=, LABEL=, PARTUUID= or
/// PARTLABEL= except /, /boot, /boot/efi, /efi and swap. Errors: each configured path that fstab does not have, at its
/// line.
[[nodiscard]] tl::expected<std::vector<observation::GuardedMount>, config::ConfigErrors> guarded_mounts(
    const config::Config& config, const sources::Fstab& fstab);

/// The same, reading the configuration's fstab; an unreadable one is an error of the whole file.
[[nodiscard]] tl::expected<std::vector<observation::GuardedMount>, config::ConfigErrors> read_guarded_mounts(
    const config::Config& config);

}  // namespace motoko::app
