// What the exporter serves over HTTP.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "exporter/app/monitor.h"
#include "exporter/web/route.h"

namespace motoko::app {

struct ExporterRoutesOptions {
  std::string telemetry_path = "/metrics";
  std::string config_file;                                    // for people; empty: the defaults are in use
  std::function<std::shared_ptr<const Snapshot>()> snapshot;  // null result: nothing was observed yet
  std::function<std::string(const Snapshot&)> render_metrics;
  std::function<std::optional<std::string>()> reload;  // an error's text; none: done
};

[[nodiscard]] web::Routes exporter_routes(ExporterRoutesOptions options);

}  // namespace motoko::app
