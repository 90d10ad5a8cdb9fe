// A run's work done by SQL sessions on its branch, and by the lander.
#pragma once

#include "access/access.h"
#include "engine/session.h"
#include "flow/land/lander.h"
#include "flow/publish/workshop.h"

namespace tarn::flow::publish {

inline constexpr std::chrono::minutes kLandWaitMax{10};

class Sessions final : public Workshop {
 public:
  // Borrows both. Statements run as `principal`.
  Sessions(const engine::Platform& platform, land::Lander& lander, access::Principal principal)
      : platform_(platform), lander_(lander), principal_(std::move(principal)) {}

  bool lands(const std::string& topic) const override { return lander_.lands(topic); }
  Result<void> land(const std::vector<std::string>& topics, std::stop_token gone) override;
  NodeResult<Built> build(const std::string& branch, const model::PlanNode& node, std::stop_token gone) override;
  // As dbt asks a test: counts what its SQL gives, up to the test's limit; then takes some of it as a sample.
  NodeResult<Asked> ask(const std::string& branch, const model::PlanNode& node, std::stop_token gone) override;

 private:
  engine::SqlResult<std::unique_ptr<engine::Session>> open(const std::string& branch, bool read_only) const;

  engine::Platform platform_;
  land::Lander& lander_;
  access::Principal principal_;
};

}  // namespace tarn::flow::publish
