// Counters, gauges and histograms for /metrics: `tarn_<folder>_<noun>_<unit>[_total]`, base units, bounded labels.
// prometheus-cpp stays behind this. Handles are cheap to copy, thread-safe and live as long as the process.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace tarn::host {

// Label names and values. Values come from a small closed set (an API's name, a reason), never from a client.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

// A second handle with the same name and labels is the same metric.
class Counter {
 public:
  Counter(const char* name, const char* help, const MetricLabels& labels = {});
  void add(double by = 1);

 private:
  void* impl_;
};

class Gauge {
 public:
  Gauge(const char* name, const char* help, const MetricLabels& labels = {});
  void set(double value);

 private:
  void* impl_;
};

class Histogram {
 public:
  Histogram(const char* name, const char* help, std::vector<double> bounds, const MetricLabels& labels = {});
  void observe(double value);

 private:
  void* impl_;
};

// Everything, in the Prometheus text format 0.0.4.
std::string metrics_text();

}  // namespace tarn::host
