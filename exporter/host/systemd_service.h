// A service that systemd controls.
#pragma once

#include <memory>
#include <string>

#include "exporter/host/service.h"
#include "exporter/host/systemd_units.h"

namespace motoko::host {

/// Connects to systemd when it is first needed, so that its absence is an error of the start or stop that needed it.
class SystemdService : public Service {
 public:
  /// `unit`: "smbd.service"; empty: whichever Samba has here.
  explicit SystemdService(std::string unit) : unit_(std::move(unit)) {}
  [[nodiscard]] std::string name() const override { return unit_.empty() ? "Samba's unit" : unit_; }
  base::Status start(std::chrono::milliseconds deadline) override;
  base::Status stop(std::chrono::milliseconds deadline) override;

 private:
  base::Result<SystemdUnits> connect_and_find();

  std::string unit_;
};

}  // namespace motoko::host
