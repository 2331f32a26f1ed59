// The larger sections of the file, one source file each; load_config.cpp reads the rest.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exporter/config/config.h"
#include "exporter/config/yaml_reader.h"

namespace motoko::config {

/// The key `mounts` of the root map. None: absent or unusable. Entries without a valid path are left out.
[[nodiscard]] std::optional<std::vector<MountConfig>> read_mounts(MapReader& root, ErrorList& errors);

/// The section `samba`, complete with the defaults of what is absent.
[[nodiscard]] SambaConfig read_samba(MapReader& root);

/// The section `webhook`.
[[nodiscard]] WebhookConfig read_webhook(MapReader& root);

}  // namespace motoko::config
