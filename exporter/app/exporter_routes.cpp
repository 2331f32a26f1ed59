#include "exporter/app/exporter_routes.h"

#include <mutex>
#include <utility>

#include "exporter/app/status_view.h"
#include "exporter/health/report.h"
#include "exporter/web/compression.h"
#include "exporter/web/runbook.h"
#include "exporter/web/status_page.h"

namespace motoko::app {
namespace {

using web::Request;
using web::Response;
using web::SharedText;

constexpr const char* kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

/// The page of the newest snapshot, rendered and compressed once, when the first client asks for it.
class MetricsPage {
 public:
  struct Bodies {
    SharedText plain;
    SharedText compressed;  // null: nobody asked for it yet
  };

  explicit MetricsPage(std::function<std::string(const Snapshot&)> render) : render_(std::move(render)) {}

  Bodies of(const std::shared_ptr<const Snapshot>& snapshot, bool compressed) {
    const std::lock_guard lock(mutex_);
    if (snapshot_ != snapshot) {
      bodies_ = {.plain = std::make_shared<const std::string>(render_(*snapshot)), .compressed = nullptr};
      snapshot_ = snapshot;
    }
    if (compressed && !bodies_.compressed)
      bodies_.compressed = std::make_shared<const std::string>(web::gzip(*bodies_.plain));
    return bodies_;
  }

 private:
  std::function<std::string(const Snapshot&)> render_;
  std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
  Bodies bodies_;
};

Response nothing_observed_yet() {
  Response response = web::text_response(503, "nothing was observed yet; try again in a moment");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

bool wants_gzip(const Request& request) {
  const auto accepted = request.header("Accept-Encoding");
  return accepted && web::accepts_gzip(*accepted);
}

}  // namespace

web::Routes exporter_routes(ExporterRoutesOptions options) {
  const auto shared = std::make_shared<const ExporterRoutesOptions>(std::move(options));
  const auto page = std::make_shared<MetricsPage>(shared->render_metrics);
  const auto with_snapshot = [shared](auto respond) {
    return [shared, respond](const Request& request) {
      const auto snapshot = shared->snapshot();
      return snapshot ? respond(snapshot, request) : nothing_observed_yet();
    };
  };
  web::Routes routes;
  routes.push_back(
      {.path = shared->telemetry_path, .handler = with_snapshot([page](const auto& snapshot, const Request& request) {
                                         const auto bodies = page->of(snapshot, wants_gzip(request));
                                         Response response;
                                         response.content_type = kExpositionType;
                                         response.body = bodies.plain;
                                         response.gzip_body = bodies.compressed;
                                         return response;
                                       })});
  routes.push_back(
      {.path = "/",
       .handler = with_snapshot([shared](const auto& snapshot, const Request&) {
         return web::html_response(web::render(status_view(*snapshot, {shared->config_file, shared->telemetry_path})));
       }),
       .big_stack = true});
  routes.push_back({.path = "/runbook",
                    .handler = [](const Request&) { return web::html_response(web::runbook_page()); },
                    .big_stack = true});
  routes.push_back({.path = "/api/v1/health",
                    .handler = with_snapshot([](const auto& snapshot, const Request&) {
                      return web::json_response(200, health::report_json(snapshot->observation, snapshot->verdict));
                    }),
                    .big_stack = true});
  routes.push_back(
      {.path = "/-/healthy", .handler = [](const Request&) { return web::text_response(200, "Motoko is healthy."); }});
  routes.push_back({.path = "/-/ready", .handler = with_snapshot([](const auto&, const Request&) {
                                          return web::text_response(200, "Motoko is ready.");
                                        })});
  routes.push_back({.method = web::Method::post,
                    .path = "/-/reload",
                    .handler =
                        [shared](const Request&) {
                          const auto error = shared->reload();
                          return error ? web::text_response(500, "the old configuration stays in use:\n" + *error)
                                       : web::text_response(200, "reloaded");
                        },
                    .big_stack = true});
  return routes;
}

}  // namespace motoko::app
