# Other forms of what is in the other files: they differ in what is sent and read.

resource "aws_lambda_layer_version" "kept" {
  layer_name       = "kept"
  filename         = "layer.zip"
  source_code_hash = "step ${var.step}"
  skip_destroy     = true
}

resource "aws_lambda_function" "replaced" {
  function_name = "replaced-${var.step}"
  role          = "arn:aws:iam::${local.account}:role/service-role/any"
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  filename      = "code-1.zip"
  description   = "quotes \" and ü and <b>"

  environment {
    variables = {}
  }

  logging_config {
    log_format = "Text"
    log_group  = "/custom/replaced"
  }

  vpc_config {
    subnet_ids         = []
    security_group_ids = []
  }
}

resource "aws_lambda_function" "published_later" {
  function_name                  = "published-later"
  role                           = local.role
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  filename                       = "code-${var.step}.zip"
  publish                        = var.step == 2
  reserved_concurrent_executions = 0
  layers                         = [aws_lambda_layer_version.kept.arn]
}

resource "aws_lambda_function_event_invoke_config" "latest" {
  function_name          = aws_lambda_function.published_later.arn
  qualifier              = "$LATEST"
  maximum_retry_attempts = 2 - var.step
}

resource "aws_lambda_event_source_mapping" "table" {
  event_source_arn              = "arn:aws:dynamodb:us-east-1:${local.account}:table/t/stream/2020-01-01T00:00:00.000"
  function_name                 = aws_lambda_function.published_later.arn
  starting_position             = "TRIM_HORIZON"
  batch_size                    = 50
  maximum_record_age_in_seconds = 60
  maximum_retry_attempts        = 3
  tumbling_window_in_seconds    = 30 * var.step
  tags                          = { step = var.step }

  destination_config {
    on_failure {
      destination_arn = "arn:aws:sqs:us-east-1:${local.account}:failed"
    }
  }
}

resource "aws_lambda_event_source_mapping" "from_a_time" {
  event_source_arn            = "arn:aws:kinesis:us-east-1:${local.account}:stream/clicks"
  function_name               = aws_lambda_function.published_later.function_name
  starting_position           = "AT_TIMESTAMP"
  starting_position_timestamp = "2024-01-02T03:04:05Z"
}

resource "aws_lambda_event_source_mapping" "kafka" {
  function_name     = aws_lambda_function.published_later.arn
  topics            = ["topic"]
  starting_position = "TRIM_HORIZON"

  self_managed_event_source {
    endpoints = { KAFKA_BOOTSTRAP_SERVERS = "one.example.com:9092,two.example.com:9092" }
  }

  self_managed_kafka_event_source_config {
    consumer_group_id = "group"
  }

  source_access_configuration {
    type = "VPC_SUBNET"
    uri  = "subnet:subnet-example"
  }

  source_access_configuration {
    type = "VPC_SECURITY_GROUP"
    uri  = "security_group:sg-example"
  }
}

resource "aws_lambda_event_source_mapping" "broker" {
  event_source_arn = "arn:aws:mq:us-east-1:${local.account}:broker:b:b-11111111-2222-3333-4444-555555555555"
  function_name    = aws_lambda_function.published_later.arn
  batch_size       = 10
  queues           = ["queue"]

  source_access_configuration {
    type = "BASIC_AUTH"
    uri  = "arn:aws:secretsmanager:us-east-1:${local.account}:secret:s-abcdef"
  }
}

resource "aws_lambda_permission" "services" {
  for_each = toset(["sns", "events", "apigateway", "logs"])

  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.published_later.arn
  principal     = "${each.key}.amazonaws.com"
  source_arn    = "arn:aws:${each.key}:us-east-1:${local.account}:x/*"
}
