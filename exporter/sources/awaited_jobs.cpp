#include "exporter/sources/awaited_jobs.h"

#include <future>
#include <memory>
#include <utility>

namespace motoko::sources {

std::vector<JobOutcome> run_and_wait(DiskWorkers& workers, const std::vector<AwaitedJob>& jobs,
                                     std::chrono::milliseconds deadline) {
  std::vector<std::future<JobOutcome>> answers;
  for (const auto& job : jobs) {
    const auto answer = std::make_shared<std::promise<JobOutcome>>();
    answers.push_back(answer->get_future());
    const bool queued = workers.submit(
        {.key = job.key, .request = job.request, .deadline = deadline, .done = [answer](JobOutcome outcome) {
           answer->set_value(std::move(outcome));
         }});
    if (!queued) answer->set_value({.parts = {}, .error = base::errno_error(EAGAIN, job.key + " still waits").value()});
  }
  std::vector<JobOutcome> outcomes;
  for (auto& answer : answers) outcomes.push_back(answer.get());
  return outcomes;
}

}  // namespace motoko::sources
