# What the second step no longer says has to be gone from what is read.

locals {
  first = var.step == 1 ? [1] : []
}

resource "aws_lambda_function" "bare" {
  function_name                  = "bare"
  role                           = local.role
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  filename                       = "code-1.zip"
  source_code_hash               = filebase64sha256("code-1.zip")
  description                    = one([for _ in local.first : "described"])
  layers                         = [for _ in local.first : aws_lambda_layer_version.data.arn]
  reserved_concurrent_executions = var.step == 1 ? 3 : -1
  tags                           = { for _ in local.first : "team" => "two" }

  dynamic "environment" {
    for_each = local.first
    content {
      variables = { STAGE = "bare" }
    }
  }

  logging_config {
    log_format            = var.step == 1 ? "JSON" : "Text"
    application_log_level = one([for _ in local.first : "DEBUG"])
    system_log_level      = one([for _ in local.first : "DEBUG"])
  }
}

resource "aws_lambda_function_url" "bare" {
  function_name      = aws_lambda_function.bare.function_name
  authorization_type = "NONE"

  dynamic "cors" {
    for_each = local.first
    content {
      allow_origins = ["*"]
      max_age       = 60
    }
  }
}

resource "aws_lambda_function_event_invoke_config" "bare" {
  function_name                = aws_lambda_function.bare.function_name
  maximum_event_age_in_seconds = one([for _ in local.first : 120])
  maximum_retry_attempts       = 1

  dynamic "destination_config" {
    for_each = local.first
    content {
      on_success {
        destination = aws_lambda_function.changed.arn
      }
    }
  }
}

resource "aws_lambda_event_source_mapping" "bare" {
  event_source_arn        = "arn:aws:sqs:us-east-1:${local.account}:more-jobs"
  function_name           = aws_lambda_function.bare.function_name
  function_response_types = [for _ in local.first : "ReportBatchItemFailures"]
  tags                    = { for _ in local.first : "team" => "two" }

  dynamic "scaling_config" {
    for_each = local.first
    content {
      maximum_concurrency = 2
    }
  }

  dynamic "filter_criteria" {
    for_each = local.first
    content {
      filter {
        pattern = jsonencode({ body = { kind = ["a"] } })
      }
    }
  }
}
