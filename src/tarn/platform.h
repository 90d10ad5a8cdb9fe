// The whole platform, wired: data folder, catalog, log, landing, engine, doors. What `tarn up` runs.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "tarn/config.h"
#include "tarn/data_folder.h"
#include "tarn/topic_plan.h"

namespace tarn::app {

// Started parts run until stop() or destruction, which end them in the opposite order: doors first, so that nothing new
// comes in, then landing, the log (sealed), the catalog.
class Platform {
 public:
  // Returns when every door answers. Errors are for a person: see data_folder.h, a busy port, a bad topic file.
  // `show` gets what topics/*.yaml are about to change, before it is.
  using ShowPlan = std::function<void(const std::vector<TopicChange>&)>;
  static Result<std::unique_ptr<Platform>> start(const Config& config, const ShowPlan& show = {});
  // What start() would change of topics. Takes the data folder for the moment, and recovers it if need be.
  static Result<std::vector<TopicChange>> plan(const Config& config);
  ~Platform();

  const Endpoints& endpoints() const;
  void stop();

 private:
  struct Parts;
  explicit Platform(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tarn::app
