// One snapshot as the model of the status page.
#pragma once

#include "exporter/app/monitor.h"
#include "exporter/web/status_page.h"

namespace motoko::app {

struct StatusViewOptions {
  std::string config_file;  // empty: the defaults are in use
  std::string metrics_path;
};

[[nodiscard]] web::StatusPage status_view(const Snapshot& snapshot, const StatusViewOptions& options);

}  // namespace motoko::app
