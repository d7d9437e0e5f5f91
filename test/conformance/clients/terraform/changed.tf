# Everything of a function, with other values in the second step.

resource "aws_lambda_layer_version" "data" {
  layer_name               = "data"
  filename                 = "layer.zip"
  source_code_hash         = filebase64sha256("layer.zip")
  description              = "some data"
  license_info             = "MIT"
  compatible_runtimes      = ["provided.al2023", "python3.13"]
  compatible_architectures = ["x86_64"]
}

resource "aws_lambda_layer_version_permission" "everyone" {
  layer_name     = aws_lambda_layer_version.data.layer_name
  version_number = aws_lambda_layer_version.data.version
  principal      = "*"
  action         = "lambda:GetLayerVersion"
  statement_id   = "everyone"
}

resource "aws_lambda_function" "changed" {
  function_name                  = "changed"
  role                           = local.role
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  filename                       = "code-${var.step}.zip"
  source_code_hash               = filebase64sha256("code-${var.step}.zip")
  publish                        = true
  timeout                        = 5 + var.step
  memory_size                    = 128 * var.step
  architectures                  = ["x86_64"]
  code_signing_config_arn        = var.step == 1 ? aws_lambda_code_signing_config.warns.arn : null
  description                    = "step ${var.step}"
  layers                         = [aws_lambda_layer_version.data.arn]
  reserved_concurrent_executions = 4 + var.step
  tags                           = { team = "one", step = tostring(var.step) }

  environment {
    variables = { STAGE = "step-${var.step}" }
  }

  ephemeral_storage {
    size = 512
  }

  logging_config {
    log_format            = "JSON"
    application_log_level = var.step == 1 ? "INFO" : "WARN"
    system_log_level      = "WARN"
    log_group             = "/custom/changed"
  }

  tracing_config {
    mode = "PassThrough"
  }
}

resource "aws_lambda_code_signing_config" "warns" {
  description = "step ${var.step}"

  allowed_publishers {
    signing_profile_version_arns = [
      "arn:aws:signer:us-east-1:${local.account}:/signing-profiles/any/0123456789",
    ]
  }

  policies {
    untrusted_artifact_on_deployment = "Warn"
  }
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "what callers use in step ${var.step}"
  function_name    = aws_lambda_function.changed.arn
  function_version = aws_lambda_function.changed.version

  dynamic "routing_config" {
    for_each = var.step == 1 ? [] : [1]
    content {
      additional_version_weights = { "1" = 0.25 }
    }
  }
}

resource "aws_lambda_permission" "bucket" {
  statement_id   = "from-a-bucket"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.changed.function_name
  qualifier      = aws_lambda_alias.live.name
  principal      = "s3.amazonaws.com"
  source_arn     = "arn:aws:s3:::bucket"
  source_account = local.account
}

resource "aws_lambda_permission" "account" {
  statement_id_prefix = "other"
  action              = "lambda:InvokeFunction"
  function_name       = aws_lambda_function.changed.function_name
  principal           = "arn:aws:iam::123456789012:root"
}

resource "aws_lambda_function_url" "live" {
  function_name      = aws_lambda_function.changed.function_name
  qualifier          = aws_lambda_alias.live.name
  authorization_type = var.step == 1 ? "NONE" : "AWS_IAM"

  cors {
    allow_credentials = true
    allow_origins     = ["https://example.com"]
    allow_methods     = ["GET", "POST"]
    allow_headers     = ["date", "keep-alive"]
    expose_headers    = ["keep-alive", "date"]
    max_age           = 86400
  }
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  function_name                     = aws_lambda_function.changed.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = var.step
}

resource "aws_lambda_function_event_invoke_config" "live" {
  function_name                = aws_lambda_function.changed.function_name
  qualifier                    = aws_lambda_alias.live.name
  maximum_event_age_in_seconds = 60 * var.step
  maximum_retry_attempts       = 0

  destination_config {
    on_failure {
      destination = "arn:aws:sqs:us-east-1:${local.account}:failed"
    }
  }
}

resource "aws_lambda_function_recursion_config" "changed" {
  function_name  = aws_lambda_function.changed.function_name
  recursive_loop = var.step == 1 ? "Allow" : "Terminate"
}

resource "aws_lambda_runtime_management_config" "changed" {
  function_name     = aws_lambda_function.changed.function_name
  update_runtime_on = var.step == 1 ? "FunctionUpdate" : "Auto"
}

resource "aws_lambda_event_source_mapping" "queue" {
  event_source_arn                   = "arn:aws:sqs:us-east-1:${local.account}:jobs"
  function_name                      = aws_lambda_function.changed.arn
  batch_size                         = 10 * var.step
  maximum_batching_window_in_seconds = var.step
  function_response_types            = ["ReportBatchItemFailures"]
  enabled                            = var.step == 1

  scaling_config {
    maximum_concurrency = 2
  }

  filter_criteria {
    filter {
      pattern = jsonencode({ body = { kind = ["a"] } })
    }
  }
}

resource "aws_lambda_event_source_mapping" "stream" {
  event_source_arn               = "arn:aws:kinesis:us-east-1:${local.account}:stream/clicks"
  function_name                  = aws_lambda_alias.live.arn
  starting_position              = "LATEST"
  bisect_batch_on_function_error = true
  parallelization_factor         = 2
}

resource "aws_lambda_invocation" "seed" {
  function_name = aws_lambda_function.changed.function_name
  input         = jsonencode({ step = var.step })
}
