package com.amazonaws.services.lambda.runtime;

/** What the probe uses of AWS's interface: to compile against. The runtime brings the whole one. */
public interface Context {
  String getAwsRequestId();

  String getInvokedFunctionArn();

  int getRemainingTimeInMillis();
}
