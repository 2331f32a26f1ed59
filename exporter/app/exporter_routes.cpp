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

/// One compressed copy of the newest page, made when the first client asks for it.
class CompressedPage {
 public:
  SharedText of(const SharedText& page) {
    const std::lock_guard lock(mutex_);
    if (page_ != page) {
      compressed_ = std::make_shared<const std::string>(web::gzip(*page));
      page_ = page;
    }
    return compressed_;
  }

 private:
  std::mutex mutex_;
  SharedText page_;
  SharedText compressed_;
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
  const auto compressed = std::make_shared<CompressedPage>();
  const auto with_snapshot = [shared](auto respond) {
    return [shared, respond](const Request& request) {
      const auto snapshot = shared->snapshot();
      return snapshot ? respond(*snapshot, request) : nothing_observed_yet();
    };
  };
  web::Routes routes;
  routes.push_back({.path = shared->telemetry_path,
                    .handler = with_snapshot([compressed](const Snapshot& snapshot, const Request& request) {
                      Response response;
                      response.content_type = kExpositionType;
                      response.body = snapshot.metrics;
                      if (wants_gzip(request)) response.gzip_body = compressed->of(snapshot.metrics);
                      return response;
                    })});
  routes.push_back(
      {.path = "/",
       .handler = with_snapshot([shared](const Snapshot& snapshot, const Request&) {
         return web::html_response(web::render(status_view(snapshot, {shared->config_file, shared->telemetry_path})));
       }),
       .big_stack = true});
  routes.push_back({.path = "/runbook",
                    .handler = [](const Request&) { return web::html_response(web::runbook_page()); },
                    .big_stack = true});
  routes.push_back({.path = "/api/v1/health",
                    .handler = with_snapshot([](const Snapshot& snapshot, const Request&) {
                      return web::json_response(200, health::report_json(snapshot.observation, snapshot.verdict));
                    }),
                    .big_stack = true});
  routes.push_back(
      {.path = "/-/healthy", .handler = [](const Request&) { return web::text_response(200, "Motoko is healthy."); }});
  routes.push_back({.path = "/-/ready", .handler = with_snapshot([](const Snapshot&, const Request&) {
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
