#include <fmt/format.h>

#include "exporter/remediation/steps.h"
#include "exporter/remediation/verification.h"

namespace motoko::remediation {
namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

StepResult verify_samba(Host& host, const StepPolicy& policy) {
  if (const auto why = wait_for(host, policy.verify_samba, [&] { return why_samba_is_down(host.look()); }))
    return {StepOutcome::failed, *why};
  const auto shares = host.list_shares(policy.list_share);
  if (!shares.failed.empty())
    return {StepOutcome::failed, "smbd answers, but a share cannot be listed: " + joined(shares.failed)};
  std::string detail = "smbd runs and answers";
  if (!shares.listed.empty()) detail += "; listed: " + joined(shares.listed);
  if (!shares.asks_for_user.empty()) detail += "; not listed, as it lets no guest in: " + joined(shares.asks_for_user);
  if (!shares.not_tried.empty()) detail += "; no share was listed: " + shares.not_tried;
  return {StepOutcome::done, detail};
}

}  // namespace motoko::remediation
