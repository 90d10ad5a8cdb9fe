// The one file that includes prometheus-cpp.
#include "host/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace tarn::host {
namespace {

// Never destroyed: handles are globals of other files and threads may still count while the process ends.
prometheus::Registry& registry() {
  static auto* const kRegistry = new prometheus::Registry;
  return *kRegistry;
}

prometheus::Labels to_prometheus(const MetricLabels& labels) { return {labels.begin(), labels.end()}; }

}  // namespace

Counter::Counter(const char* name, const char* help, const MetricLabels& labels)
    : impl_(&prometheus::BuildCounter().Name(name).Help(help).Register(registry()).Add(to_prometheus(labels))) {}
void Counter::add(double by) { static_cast<prometheus::Counter*>(impl_)->Increment(by); }

Gauge::Gauge(const char* name, const char* help, const MetricLabels& labels)
    : impl_(&prometheus::BuildGauge().Name(name).Help(help).Register(registry()).Add(to_prometheus(labels))) {}
void Gauge::set(double value) { static_cast<prometheus::Gauge*>(impl_)->Set(value); }

Histogram::Histogram(const char* name, const char* help, std::vector<double> bounds, const MetricLabels& labels)
    : impl_(&prometheus::BuildHistogram()
                 .Name(name)
                 .Help(help)
                 .Register(registry())
                 .Add(to_prometheus(labels), std::move(bounds))) {}
void Histogram::observe(double value) { static_cast<prometheus::Histogram*>(impl_)->Observe(value); }

std::string metrics_text() { return prometheus::TextSerializer().Serialize(registry().Collect()); }

}  // namespace tarn::host
