terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "endpoint" {
  type = string
}

# 1: as it is made. 2: one half is changed, the other taken back.
variable "step" {
  type = number
}

provider "aws" {
  region     = "us-east-1"
  access_key = "any"
  secret_key = "any"

  endpoints {
    lambda = var.endpoint
    sts    = var.endpoint
  }

  default_tags {
    tags = { by = "terraform" }
  }
}

data "aws_caller_identity" "me" {}

locals {
  account = data.aws_caller_identity.me.account_id
  role    = "arn:aws:iam::${local.account}:role/any"
}
