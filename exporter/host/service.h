// Starting and stopping a service, whoever controls it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "exporter/base/result.h"

namespace motoko::host {

class Service {
 public:
  virtual ~Service() = default;
  /// For people: "smbd.service", "the configured commands".
  [[nodiscard]] virtual std::string name() const = 0;
  /// Success is what the one that controls it says; whether it runs is to be looked at.
  virtual base::Status start(std::chrono::milliseconds deadline) = 0;
  virtual base::Status stop(std::chrono::milliseconds deadline) = 0;
};

/// By two programs, as lists of arguments that no shell reads. What `start` starts lives on without us.
class CommandService : public Service {
 public:
  CommandService(std::vector<std::string> start, std::vector<std::string> stop)
      : start_(std::move(start)), stop_(std::move(stop)) {}
  [[nodiscard]] std::string name() const override { return "Samba (by the configured commands)"; }
  base::Status start(std::chrono::milliseconds deadline) override;
  base::Status stop(std::chrono::milliseconds deadline) override;

 private:
  std::vector<std::string> start_;
  std::vector<std::string> stop_;
};

}  // namespace motoko::host
