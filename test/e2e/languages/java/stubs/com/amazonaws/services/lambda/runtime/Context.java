package com.amazonaws.services.lambda.runtime;

/** What of Lambda's interface is used here: to compile against, the runtime brings its own. */
public interface Context {
  String getFunctionName();

  String getFunctionVersion();

  int getMemoryLimitInMB();

  String getInvokedFunctionArn();

  String getAwsRequestId();

  int getRemainingTimeInMillis();
}
