data "aws_lambda_function" "live" {
  function_name = aws_lambda_function.changed.function_name
  qualifier     = aws_lambda_alias.live.name
}

data "aws_lambda_alias" "live" {
  function_name = aws_lambda_function.changed.function_name
  name          = aws_lambda_alias.live.name
}

data "aws_lambda_layer_version" "data" {
  layer_name = aws_lambda_layer_version.data.layer_name
}

data "aws_lambda_function_url" "live" {
  function_name = aws_lambda_function.changed.function_name
  qualifier     = aws_lambda_function_url.live.qualifier
}

data "aws_lambda_functions" "all" {
  depends_on = [
    aws_lambda_function.bare,
    aws_lambda_function.changed,
    aws_lambda_function.published_later,
    aws_lambda_function.replaced,
  ]
}

data "aws_lambda_invocation" "latest" {
  function_name = aws_lambda_function.changed.function_name
  input         = jsonencode({ step = var.step })
}

output "answer" {
  value = jsondecode(data.aws_lambda_invocation.latest.result)
}

output "seeded" {
  value = jsondecode(aws_lambda_invocation.seed.result)
}

output "names" {
  value = data.aws_lambda_functions.all.function_names
}

output "live" {
  value = {
    version = data.aws_lambda_alias.live.function_version
    arn     = data.aws_lambda_function.live.qualified_arn
    url     = data.aws_lambda_function_url.live.authorization_type
    layer   = data.aws_lambda_layer_version.data.version
  }
}
